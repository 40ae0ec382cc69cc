//! A proxy that does nothing but pass requests on, over hyper's server and its pooled client: what a hop costs at the
//! least with these libraries. `scripts/path` measures it beside a gateway.
//!
//!     bare_proxy HOST:PORT of the upstream
//!
//! It prints its own URL.

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, server::conn::http1};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;

type Error = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let upstream = std::env::args()
        .nth(1)
        .ok_or("name the upstream, HOST:PORT")?;
    let client = Client::builder(TokioExecutor::new()).build_http::<Incoming>();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (client, upstream) = (client.clone(), upstream.clone());
        let pass = move |mut request: Request<Incoming>| {
            let path = request.uri().path_and_query().map_or("/", |it| it.as_str());
            let url = format!("http://{upstream}{path}").parse();
            let client = client.clone();
            async move {
                *request.uri_mut() = url?;
                request.headers_mut().remove(hyper::header::HOST);
                Ok::<_, Error>(client.request(request).await?)
            }
        };
        let connection =
            http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(pass));
        tokio::spawn(connection);
    }
}
