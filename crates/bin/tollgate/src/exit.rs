//! What this program ends with: the one table of its exit statuses.
//!
//! Whoever runs a command in a script has to tell *the command was wrong* from *what it looked at is wrong*,
//! whatever the command. So each status has one meaning over all commands, [`Exit`] is the only way to end, and
//! the table in docs/command-line.md is made from the one in this file's tests. 64, 70 and 74 are those of
//! sysexits, 130 is what shells have for Ctrl-C.

use std::process::ExitCode;

/// How a command ended. Of several ends the greatest counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub(crate) enum Exit {
    /// It was carried out, and nothing is wrong.
    Done = 0,
    /// It was carried out and came to no good end: what it looked at is wrong, or it failed.
    Failed = 1,
    /// Nothing that it looked at is known to be wrong, but it could not judge all of it.
    Unjudged = 2,
    /// It can't be carried out as it was given.
    Unusable = 64,
    /// A part of the program that it can't do without has died, by a fault of the program's.
    Broken = 70,
    /// The results could not be written to stdout.
    Unwritable = 74,
    /// Somebody ended it before its end.
    Interrupted = 130,
}

impl Exit {
    /// Done, or failed.
    pub(crate) fn of(is_good: bool) -> Self {
        if is_good { Self::Done } else { Self::Failed }
    }

    pub(crate) fn status(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.status())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;
    use std::path::Path;

    const BEGIN: &str = "<!-- exit statuses: made from exit.rs by scripts/bless -->\n";
    const END: &str = "<!-- end of exit statuses -->\n";

    impl Exit {
        /// Each status, what it says, and what that is of single commands.
        const ALL: [(Self, &str, &str); 7] = [
            (
                Self::Done,
                "carried out, and nothing is wrong",
                "warnings are no failure, but with `check --strict`; a reader of stdout who has gone (`| head -1`) is none; \
                 `serve`: drained, and all that was under way came to its end",
            ),
            (
                Self::Failed,
                "carried out, and what it looked at is wrong, or it failed",
                "`action`, `check`, `workflow`, `pull --check`, `config check --online`: something was found; `demo`: tollgate \
                 caused an answer 429; `bench limits --check`: a goal is missed; `serve`: not all came to its end, or the \
                 start failed for a reason outside the configuration; commands that talk to a store or a service: it refused, \
                 or gave no answer",
            ),
            (
                Self::Unjudged,
                "nothing is known to be wrong, but not all could be judged",
                "`workflow validate`: something isn't known here, unless `--allow-unsupported`; `check`: something in the folder \
                 can't be read",
            ),
            (
                Self::Unusable,
                "can't be carried out as it was given",
                "a wrong option, a file or a variable that isn't there, a configuration or scenario that can't be used, a \
                 `RUST_LOG` that can't be understood; nothing was changed",
            ),
            (
                Self::Broken,
                "a part that it can't do without has died, by a fault of the program's",
                "`serve` alone; [operations](operations.md) has more",
            ),
            (
                Self::Unwritable,
                "the results could not be written to stdout",
                "a full disk, say; `init` then makes no administrator, and also where the reader has gone",
            ),
            (
                Self::Interrupted,
                "ended by a signal before its end",
                "`demo`, which leaves nothing behind",
            ),
        ];
    }

    #[test]
    fn the_document_has_the_table() {
        let mut table = "| status | means | in particular |\n|---|---|---|\n".to_owned();
        for (exit, means, in_particular) in Exit::ALL {
            let status = exit.status();
            writeln!(table, "| {status} | {means} | {in_particular} |").unwrap();
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/command-line.md");
        let document = std::fs::read_to_string(&path).unwrap();
        let (before, rest) = document.split_once(BEGIN).expect("where the table begins");
        let (kept, after) = rest.split_once(END).expect("where the table ends");
        if std::env::var_os("TOLLGATE_WRITE").is_some() {
            std::fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
        } else {
            assert_eq!(kept, table, "scripts/bless writes it anew");
        }
    }

    #[test]
    fn of_several_ends_the_greatest_counts() {
        assert!(Exit::ALL.is_sorted_by_key(|(exit, ..)| *exit));
        assert_eq!(Exit::Failed.max(Exit::Unusable), Exit::Unusable);
    }
}
