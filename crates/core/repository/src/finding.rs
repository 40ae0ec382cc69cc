//! What is found in the files: one thing that is wrong, surprising, or not looked into, with its place.

use std::fmt;
use tollgate_architect::Place;
use tollgate_expression::meant;

/// How much a finding matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    /// The file, or what it is to deploy, can't work as it is.
    Error,
    /// The file uses what tollgate doesn't know. The platform may: the rest of the file is checked.
    Unsupported,
    /// It works, but perhaps not as its author thinks.
    Warning,
    /// What wasn't looked into, and why.
    Note,
}

impl Level {
    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Unsupported => "unsupported",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One thing that was found.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Finding {
    /// The file, by its path from the folder.
    pub file: String,
    /// Where in the file; none for the file as a whole.
    pub place: Option<Place>,
    /// How much it matters.
    pub level: Level,
    /// What it breaks.
    pub rule: Rule,
    /// The field it is about, as in `config_request.request_type`; empty where the place says it all.
    pub field: String,
    /// What is found, in one line.
    pub message: String,
    /// What to do; empty where the message says it all.
    pub help: String,
}

impl Finding {
    /// That a file can't be read, and why.
    #[must_use]
    pub fn unreadable(file: &str, why: String) -> Finding {
        Finding {
            file: file.to_owned(),
            place: None,
            level: Level::Error,
            rule: Rule::Unreadable,
            field: String::new(),
            message: why,
            help: String::new(),
        }
    }

    /// What is found, behind its field.
    #[must_use]
    pub fn what(&self) -> String {
        match self.field.as_str() {
            "" => self.message.clone(),
            field => format!("{field}: {}", self.message),
        }
    }

    /// A text about it, as [`what`](Finding::what) or the message alone, with what to do behind it.
    #[must_use]
    pub fn with_help(&self, what: &str) -> String {
        match self.help.as_str() {
            "" => what.to_owned(),
            help => format!("{what} ({help})"),
        }
    }
}

/// In one line, in the form that editors jump to.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(place) = self.place {
            write!(f, ":{place}")?;
        }
        let told = self.with_help(&self.what());
        write!(f, ": {}: {told}", self.level.as_str())
    }
}

/// What to say of a name that isn't known: which one is near, or all if they are few.
pub(crate) fn near<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    /// Names that are listed.
    const FEW: usize = 12;
    let known: Vec<&str> = known.into_iter().collect();
    match meant(name, known.iter().copied()) {
        Some(question) => question,
        None if (1..=FEW).contains(&known.len()) => format!("known: {}", known.join(", ")),
        None => String::new(),
    }
}

impl Rule {
    /// Whether a file that breaks it can't be read: nothing of the file is known.
    #[must_use]
    pub const fn is_unreadable(self) -> bool {
        matches!(self, Rule::Unreadable | Rule::TerraformSyntax)
    }
}

macro_rules! rules {
    ($($(#[doc = $doc:literal])* $name:ident = $id:literal, $says:literal;)*) => {
        /// What is checked, by the names that reports for machines use.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum Rule {
            $($(#[doc = $doc])* $name,)*
        }

        impl Rule {
            /// All of them.
            pub const ALL: &'static [Rule] = &[$(Rule::$name,)*];

            /// Its name, which never changes.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Rule::$name => $id,)* }
            }

            /// What it asks for.
            #[must_use]
            pub const fn says(self) -> &'static str {
                match self { $(Rule::$name => $says,)* }
            }
        }
    };
}

rules! {
    /// A file that can't be read.
    Unreadable = "file/unreadable", "Every file that is to be checked can be read as text.";
    /// What is wrong with a workflow's file.
    Flow = "flow/file", "A flow is valid by the rules of Architect's YAML.";
    /// What a workflow uses that isn't known.
    FlowUnsupported = "flow/unsupported", "A flow uses steps, settings and functions that tollgate knows.";
    /// What is wrong with a data action.
    Action = "action/definition", "A data action can run as it is defined.";
    /// Text that isn't Terraform's language.
    TerraformSyntax = "terraform/syntax", "A .tf file is written in Terraform's language.";
    /// A block or a local that is declared a second time.
    TerraformTwice = "terraform/twice", "A module declares each name once.";
    /// A name or a file that isn't there.
    TerraformReference = "terraform/reference", "What Terraform refers to is there.";
    /// An argument that a resource doesn't have, or lacks.
    TerraformArgument = "terraform/argument", "A resource has the arguments that its provider takes.";
    /// A value that is known only when it is deployed.
    TerraformUnknown = "terraform/unknown", "Values are known before they are deployed.";
    /// A module that lies elsewhere.
    TerraformElsewhere = "terraform/elsewhere", "All that is deployed lies in the folder.";
    /// A call of a data action that isn't there.
    CallAction = "call/action", "A data action that a flow calls exists.";
    /// An input that the action doesn't have, or needs.
    CallInput = "call/input", "A flow gives a data action the inputs of its contract.";
    /// An output that the action doesn't have.
    CallOutput = "call/output", "A flow takes outputs that the data action's contract has.";
    /// A call of a workflow that isn't there.
    CallFlow = "call/flow", "A flow that another flow calls exists.";
    /// Two of one name.
    SameName = "name/twice", "Each name means one data action, or one flow of its type.";
}
