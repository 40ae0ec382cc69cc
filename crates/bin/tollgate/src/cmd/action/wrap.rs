//! `wrap`: actions for the vendor's cloud that have others carried out by tollgate.
//!
//! A flow in the vendor's cloud calls the vendor's data actions. Each action that is given becomes one of the type for
//! web services with the same contract, which calls tollgate by the action's name; beside them goes the login that they
//! share. All is made before the first file is written, each file is written whole or not at all, and none over another
//! one unless that is asked for. A file that is there already with the same text counts as written, so that several
//! runs may share a folder.

mod contract;
mod made;
mod report;
mod terraform;

use super::{Errors, Wrap, files, run};
use crate::cmd::output;
use crate::exit::Exit;
use made::{Deadline, Target, Wrapped};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tollgate_action::Faults;
use tollgate_config::parse_span;

/// The longest deadline: an action of the vendor's has 60 s in all.
const MAX_DEADLINE: Duration = Duration::from_secs(59);
/// The name of the login's file.
const LOGIN_FILE: &str = "tollgate-login.json";

/// What became of one file.
enum Verdict {
    Wrapped {
        wrapped: Box<Wrapped>,
        /// The file that it was written to.
        to: PathBuf,
    },
    Refused(Faults),
    Unreadable(String),
}

/// What is to be written, by the name of its file.
type Texts = Vec<(PathBuf, String)>;

/// Makes the actions, writes them and tells what became of each file; the exit status.
pub(super) fn wrap(
    args: &Wrap,
    stdout: &mut impl Write,
    stderr: &mut impl Write,
) -> io::Result<Exit> {
    let target = match target(args) {
        Ok(target) => target,
        Err(message) => {
            writeln!(stderr, "tollgate action: {message}")?;
            return Ok(Exit::Unusable);
        }
    };
    let (verdicts, mut texts) = make(args, &target);
    let any = verdicts
        .iter()
        .any(|(_, verdict)| matches!(verdict, Verdict::Wrapped { .. }));
    let shared = any.then(|| shared(args, &target));
    let shared_file = shared.as_ref().map(|(path, _)| path.clone());
    texts.extend(shared);
    if let Err(messages) = write(args, &texts) {
        for message in messages {
            writeln!(stderr, "tollgate action: {message}")?;
        }
        return Ok(Exit::Unusable);
    }
    if any {
        report::warn_of_clear(&target, stderr)?;
    }
    if args.json {
        report::json(&verdicts, shared_file.as_deref(), stdout)?;
    } else {
        report::lines(&verdicts, stdout, stderr)?;
        if any {
            report::next(args, &target, stderr)?;
        }
    }
    Ok(verdicts
        .iter()
        .map(|(_, verdict)| verdict.status())
        .max()
        .unwrap_or(Exit::Done))
}

impl Verdict {
    fn status(&self) -> Exit {
        match self {
            Verdict::Wrapped { .. } => Exit::Done,
            Verdict::Refused(_) => Exit::Failed,
            Verdict::Unreadable(_) => Exit::Unusable,
        }
    }
}

/// What the options say.
fn target(args: &Wrap) -> Result<Target, String> {
    let flow = args.flow.as_deref();
    let flow = flow
        .map(|flow| made::checked_header("--flow", flow))
        .transpose()?;
    let deadline = args.deadline.as_deref().map(|text| match parse_span(text) {
        Some(span) if span <= MAX_DEADLINE => Ok(Deadline {
            text: text.to_owned(),
            span,
        }),
        Some(_) => Err(format!(
            "--deadline {text}: at most {} s, since an action in the vendor's cloud has 60 s in all",
            MAX_DEADLINE.as_secs()
        )),
        None => Err(format!("--deadline {text}: expected a span such as 1500ms or 2s")),
    });
    Ok(Target {
        url: made::checked_url(&args.url)?,
        integration: args.integration.clone(),
        flow,
        deadline: deadline.transpose()?,
        inline: args.errors == Some(Errors::Inline),
        prefix: args.prefix.clone(),
    })
}

/// What all files come to, and what is to be written of them.
fn make(args: &Wrap, target: &Target) -> (Vec<(PathBuf, Verdict)>, Texts) {
    let (mut texts, mut known) = (Texts::new(), Known::default());
    let named = files::named(&args.files)
        .into_iter()
        .map(|named| match named {
            Ok(path) => {
                let verdict = known.make(args, target, &path, &mut texts);
                (path, verdict)
            }
            Err((path, message)) => {
                let message = format!("{}: {message}", path.display());
                (path, Verdict::Unreadable(message))
            }
        });
    (named.collect(), texts)
}

/// What the files so far have taken.
#[derive(Default)]
struct Known {
    /// The file that has an action of this name, in lower case: how flows find it.
    names: BTreeMap<String, PathBuf>,
    /// The type of the integration that `--integration` names, and the file that says so.
    of_type: Option<(String, PathBuf)>,
    /// Names of files, or of Terraform's resources.
    taken: BTreeSet<String>,
}

impl Known {
    fn make(&mut self, args: &Wrap, target: &Target, path: &Path, texts: &mut Texts) -> Verdict {
        let text = match run::read(path) {
            Ok(text) => text,
            Err(message) => return Verdict::Unreadable(message),
        };
        let wrapped = match made::wrapped(&text, target) {
            Ok(wrapped) => wrapped,
            Err(faults) => return Verdict::Refused(faults),
        };
        if let Some((field, why)) = self.hindrance(target, &wrapped) {
            return Verdict::Refused(made::fault(field, why));
        }
        self.names
            .insert(wrapped.name.to_lowercase(), path.to_owned());
        self.of_type
            .get_or_insert((wrapped.of_type.clone(), path.to_owned()));
        let (name, text) = if args.terraform {
            let resource = terraform::resource(&wrapped.name, &mut self.taken);
            let text = terraform::action(&resource, &wrapped, &target.url);
            (format!("{resource}.tf"), text)
        } else {
            let name = self.file_name(&wrapped.name);
            (name, format!("{:#}\n", wrapped.export))
        };
        let to = args.out.join(name);
        texts.push((to.clone(), text));
        let wrapped = Box::new(wrapped);
        Verdict::Wrapped { wrapped, to }
    }

    /// Why an action doesn't go together with those before it.
    fn hindrance(&self, target: &Target, wrapped: &Wrapped) -> Option<(&'static str, String)> {
        if let Some(other) = self.names.get(&wrapped.name.to_lowercase()) {
            let why = format!(
                "{} has this name too; flows couldn't tell the two apart",
                other.display()
            );
            return Some(("name", why));
        }
        match (&target.integration, &self.of_type) {
            (Some(integration), Some((of_type, other))) if *of_type != wrapped.of_type => {
                let why = format!(
                    "{integration:?} can't have it beside {}, which is of the type {of_type}; wrap it in a run of its \
                     own, with its --integration",
                    other.display()
                );
                Some(("integrationType", why))
            }
            _ => None,
        }
    }

    /// The name of an action's file, which no other has, also where letters' case makes no difference.
    fn file_name(&mut self, name: &str) -> String {
        let safe = output::safe_name(name);
        let mut found = format!("{safe}.json");
        for number in 2.. {
            let lower = found.to_lowercase();
            if lower != LOGIN_FILE && self.taken.insert(lower) {
                break;
            }
            found = format!("{safe}-{number}.json");
        }
        found
    }
}

/// The file with what all actions share.
fn shared(args: &Wrap, target: &Target) -> (PathBuf, String) {
    let login = made::login(target);
    if args.terraform {
        let text = terraform::shared(&target.url, &login);
        (args.out.join(terraform::SHARED_FILE), text)
    } else {
        (args.out.join(LOGIN_FILE), format!("{login:#}\n"))
    }
}

/// Writes the files; if one of them would be written over, none.
fn write(args: &Wrap, texts: &Texts) -> Result<(), Vec<String>> {
    let mut new = Vec::new();
    let mut there = Vec::new();
    for (path, text) in texts {
        match fs::read(path) {
            Ok(found) if found == text.as_bytes() => {}
            Ok(_) if !args.force => there.push(format!(
                "{} is there already and says something else; give --force to write over it. Nothing was written",
                path.display()
            )),
            _ => new.push((path, text)),
        }
    }
    if !there.is_empty() {
        return Err(there);
    }
    let one = |message: String| vec![message];
    if !new.is_empty() {
        fs::create_dir_all(&args.out)
            .map_err(|error| one(format!("{}: {error}", args.out.display())))?;
    }
    for (path, text) in new {
        output::write(path, text, args.force).map_err(|error| one(format!("{error:#}")))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmd::folder::Folder;
    use serde_json::Value;
    use tollgate_repository::terraform as reader;

    fn examples() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples/actions")
    }

    fn args(out: &Path, terraform: bool) -> Wrap {
        Wrap {
            files: vec![examples()],
            url: "https://tollgate.example".to_owned(),
            integration: None,
            flow: Some("voice".to_owned()),
            deadline: Some("1500ms".to_owned()),
            errors: Some(Errors::Inline),
            prefix: "a ${b} %{c} \"".to_owned(),
            terraform,
            out: out.to_owned(),
            force: false,
            json: false,
        }
    }

    #[test]
    fn terraform_deploys_what_the_files_say() {
        let root = tempfile::tempdir().unwrap();
        let [files, terraform] = ["files", "terraform"].map(|name| root.path().join(name));
        for (out, as_terraform) in [(&files, false), (&terraform, true)] {
            let status = wrap(&args(out, as_terraform), &mut Vec::new(), &mut Vec::new());
            // One example is secure.
            assert_eq!(status.unwrap(), Exit::Failed);
        }
        let (folder, _) = Folder::open(&terraform).unwrap();
        let read = reader::read(&folder, &BTreeMap::new());
        assert!(read.actions.len() > 10);
        for action in &read.actions {
            assert!(
                action.unknown.is_empty() && action.findings.is_empty(),
                "{action:?}"
            );
            let name = action.name.as_deref().unwrap();
            let file = files.join(format!("{}.json", output::safe_name(name)));
            let mut export = tollgate_json::read(&fs::read_to_string(file).unwrap()).unwrap();
            // What has no argument of its own where it is empty or false.
            let fields = export.as_object_mut().unwrap();
            fields.remove("secure");
            let response = export
                .pointer_mut("/config/response")
                .and_then(Value::as_object_mut);
            response
                .unwrap()
                .retain(|name, _| name == "successTemplate");
            assert_eq!(action.export, export);
        }
    }
}
