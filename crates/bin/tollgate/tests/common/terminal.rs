//! A terminal of 80 columns, and a command that runs in it.

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::process::{Child, Command};

pub(crate) const COLUMNS: u16 = 80;

/// A command that writes to a terminal, with stdout and stderr.
pub(crate) struct InTerminal {
    pub(crate) process: Child,
    screen: File,
}

impl InTerminal {
    pub(crate) fn start(command: &mut Command) -> Self {
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&controller).expect("granted");
        unlockpt(&controller).expect("unlocked");
        let size = Winsize {
            ws_row: 24,
            ws_col: COLUMNS,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let name = ptsname(&controller, Vec::new()).expect("its name");
        let path = name.to_str().expect("a path").to_owned();
        let mut open = OpenOptions::new();
        let open = open.read(true).write(true);
        let user = open.open(path).expect("the user's side");
        tcsetwinsize(&user, size).expect("its size");
        let command = command
            .env("TERM", "xterm-256color")
            .env_remove("NO_COLOR")
            .stdout(user.try_clone().expect("a descriptor"))
            .stderr(user);
        let process = command.spawn().expect("the binary runs");
        // What the command keeps open of the terminal is closed with it, so that the end is seen.
        command.stdout(std::process::Stdio::null());
        command.stderr(std::process::Stdio::null());
        Self {
            process,
            screen: File::from(controller),
        }
    }

    /// What it writes until that can be read in it; all of it if it never can.
    pub(crate) fn until(&mut self, words: &str) -> String {
        let (mut all, mut part) = (Vec::new(), [0; 4096]);
        loop {
            // A terminal that nobody has open any more can't be read: that is its end.
            match self.screen.read(&mut part) {
                Ok(0) | Err(_) => break,
                Ok(read) => all.extend_from_slice(&part[..read]),
            }
            if !words.is_empty() && String::from_utf8_lossy(&all).contains(words) {
                break;
            }
        }
        String::from_utf8_lossy(&all).into_owned()
    }

    /// All that it writes, and its status.
    pub(crate) fn end(mut self) -> (String, i32) {
        let all = self.until("");
        let status = self.process.wait().expect("ended");
        (all, status.code().expect("a status, not a signal"))
    }
}

/// The lines of a screen that are wider than it is.
pub(crate) fn too_wide(screen: &str) -> Vec<String> {
    let plain = anstream::adapter::strip_str(screen).to_string();
    let lines = plain.split(['\n', '\r']);
    let wide = lines.filter(|line| line.chars().count() > COLUMNS.into());
    wide.map(str::to_owned).collect()
}
