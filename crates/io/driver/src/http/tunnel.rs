//! Tunnels through an HTTP proxy (CONNECT, RFC 9110, 9.3.6).
//!
//! The proxy is told the host as the URL names it, and looks its name up. Calls over http take a tunnel too, so
//! that a proxy sees no more of either than where it leads, and no answer of its own can pass for the upstream's.

use super::origin::Origin;
use base64::Engine as _;
use std::fmt::Write as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tollgate_upstream::Proxy;

/// Bytes of the longest answer of a proxy that grants a tunnel, or of the part that is read of another.
const MOST: usize = 16 * 1024;

/// Has the proxy at the stream's other end lead it to the origin. The caller bounds how long that may take. An error
/// says in words why it doesn't.
pub(super) async fn open(
    mut stream: TcpStream,
    proxy: &Proxy,
    origin: &Origin,
) -> Result<TcpStream, String> {
    let place = &proxy.address;
    let broken = |error: std::io::Error| format!("the proxy {place} gives no answer: {error}");
    let asked = request(proxy, origin);
    stream.write_all(asked.as_bytes()).await.map_err(broken)?;
    let head = head(&mut stream).await.map_err(broken)?;
    let target = format!("{}:{}", origin.host, origin.port);
    match status(&head) {
        Some(200..300) => Ok(stream),
        Some(407) => {
            let has = match proxy.login {
                Some(_) => "refuses proxy_user and its password",
                None => "asks for proxy_user and proxy_password_env",
            };
            Err(format!("the proxy {place} {has} (407)"))
        }
        Some(status) => Err(format!(
            "the proxy {place} opens no way to {target} ({status})"
        )),
        None => Err(format!("the proxy {place} doesn't answer as a proxy does")),
    }
}

fn request(proxy: &Proxy, origin: &Origin) -> String {
    let target = format!("{}:{}", origin.host, origin.port);
    let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n");
    if let Some((user, password)) = &proxy.login {
        let pair = format!("{user}:{}", password.expose());
        let pair = base64::engine::general_purpose::STANDARD.encode(pair);
        // Writing to a String can't fail.
        let _ = write!(request, "Proxy-Authorization: Basic {pair}\r\n");
    }
    request.push_str("\r\n");
    request
}

/// The answer's head, with the empty line that ends it. Whatever comes after it would be the upstream's, which
/// says nothing before it is asked.
async fn head(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(256);
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= MOST {
            return Err(std::io::Error::other("its answer is too long"));
        }
        // A byte at a time, so that none of the tunnel's is taken; the answer is short, and comes once.
        head.push(stream.read_u8().await?);
    }
    Ok(head)
}

/// The status of an answer whose first line is that of HTTP/1.
fn status(head: &[u8]) -> Option<u16> {
    let line = head.split(|byte| *byte == b'\r').next()?;
    let line = std::str::from_utf8(line).ok()?;
    let mut words = line.split(' ');
    let version = words.next()?;
    let status = words.next()?;
    (version.starts_with("HTTP/1.") && status.len() == 3).then(|| status.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_that_of_http_1() {
        for (line, expected) in [
            ("HTTP/1.1 200 Connection established\r\n\r\n", Some(200)),
            ("HTTP/1.0 407\r\n\r\n", Some(407)),
            ("HTTP/1.1 20\r\n\r\n", None),
            ("HTTP/2 200\r\n\r\n", None),
            ("SSH-2.0-OpenSSH\r\n\r\n", None),
            ("\r\n\r\n", None),
        ] {
            assert_eq!(status(line.as_bytes()), expected, "{line:?}");
        }
    }
}
