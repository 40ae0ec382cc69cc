//! The listeners' certificates are renewed while the service runs.
//!
//! The files are read every [`LOOK`], and at once when somebody asks for it (SIGHUP). What is new and can be used is
//! taken for the connections that come from then on; those that are there go on. What can't be used changes
//! nothing: the log has an error, once in [`AGAIN`] for as long as it is so, and [`Notices`] show it. The files of
//! one certificate are replaced one after the other, so what is found unusable by chance gets another look before
//! it is told.

use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::watch;
use tokio::time::Instant;
use tollgate_api::Notices;
use tollgate_config::ListenerTls;
use tollgate_files::{TlsTexts, tls_texts};
use tollgate_listen::{Pem, Tls, TlsError};

/// Between two looks at the files.
const LOOK: Duration = Duration::from_secs(2);
/// Between two errors in the log about files that stay unusable.
const AGAIN: Duration = Duration::from_secs(3600);
/// Between two warnings of a certificate's end.
const DAILY: Duration = Duration::from_secs(86_400);

/// What `GET /health` and the page say of files that can't be used.
const UNUSABLE: &str = "the files can't be used, so new connections get the certificate that was there before; the log says why";

/// A listener's TLS, and the files that it is of.
pub(crate) struct Renewal {
    files: ListenerTls,
    texts: TlsTexts,
    tls: Tls,
}

/// Has the files of all listeners looked at now.
#[derive(Clone, Debug, Default)]
pub(crate) struct LookNow(Arc<watch::Sender<()>>);

impl LookNow {
    /// Asks for it.
    pub(crate) fn ask(&self) {
        self.0.send_replace(());
    }
}

impl Renewal {
    /// TLS as the files are now.
    ///
    /// # Errors
    /// In words, with their table: they can't be read or used.
    pub(crate) fn start(files: &ListenerTls) -> Result<Self, String> {
        let named = |why: String| format!("{}: {why}", files.table);
        let texts = tls_texts(files).map_err(named)?;
        let tls = Tls::new(pem(files, &texts)).map_err(|error| named(error.to_string()))?;
        Ok(Self {
            files: files.clone(),
            texts,
            tls,
        })
    }

    /// The settings of the listener, which follow the files, if they are of this table.
    pub(crate) fn tls_of(&self, table: &str) -> Option<Tls> {
        (self.files.table == table).then(|| self.tls.clone())
    }

    /// Follows the files, for as long as the service lives.
    pub(crate) async fn follow(mut self, look_now: LookNow, notices: Notices) {
        let mut look_at_once = look_now.0.subscribe();
        let mut told: Option<(String, Instant)> = None;
        let mut suspected = None;
        let mut warned = Instant::now();
        loop {
            let asked = tokio::select! {
                () = tokio::time::sleep(LOOK) => false,
                // An error would be the end of `look_now`, which is held here.
                _ = look_at_once.changed() => true,
            };
            match self.look().await {
                Ok(renewed) => {
                    if renewed || asked || told.is_some() {
                        let table = &self.files.table;
                        tracing::info!(%table, renewed, "the certificate's files are good");
                    }
                    (told, suspected) = (None, None);
                    notices.set(&self.files.table, None);
                    if renewed || warned.elapsed() >= DAILY {
                        warned = Instant::now();
                        self.warn();
                    }
                }
                Err(why) => {
                    let twice = asked || suspected.as_ref() == Some(&why);
                    let known = told.as_ref();
                    let again = known.is_none_or(|(it, at)| *it != why || at.elapsed() >= AGAIN);
                    if twice && (again || asked) {
                        tracing::error!(
                            "new connections get the certificate that was there before: {why}"
                        );
                        told = Some((why.clone(), Instant::now()));
                        notices.set(&self.files.table, Some(UNUSABLE));
                    }
                    suspected = Some(why);
                }
            }
        }
    }

    /// Looks at the files; true if what they hold is new and taken.
    async fn look(&mut self) -> Result<bool, String> {
        let files = self.files.clone();
        let texts = tokio::task::spawn_blocking(move || tls_texts(&files)).await;
        let texts = texts.map_err(|error| error.to_string())??;
        if texts == self.texts {
            return Ok(false);
        }
        let replaced = self.tls.replace(pem(&self.files, &texts));
        replaced.map_err(|error: TlsError| error.to_string())?;
        self.texts = texts;
        Ok(true)
    }

    fn warn(&self) {
        for warning in self.texts.warnings(&self.files.table, SystemTime::now()) {
            tracing::warn!("{warning}");
        }
    }
}

fn pem<'a>(files: &ListenerTls, texts: &'a TlsTexts) -> Pem<'a> {
    Pem {
        certificate: &texts.certificate,
        key: texts.key.expose().as_bytes(),
        client_authorities: texts.client_authorities.as_deref(),
        require_client_certificate: files.require_client_certificate,
    }
}
