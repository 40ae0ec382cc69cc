//! An organisation's API, as its reader: logs in, and asks with patience but within bounds.
//!
//! The API is the organisation's working one. So the reader keeps below its token's rate: where the platform tells
//! that nine tenths of a window are used, it waits for the next one. What is refused nevertheless (429) is asked again
//! after the time that the answer names. What fails (no answer in time, a broken connection, 502 to 504) is asked
//! three times in all.

use super::Addresses;
use crate::cmd::http::{builder, bytes};
use crate::console::errln;
use anyhow::Context as _;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

/// Requests that are made for one answer while there is none, and while it is 429.
const TRIES: u32 = 3;
const TRIES_AT_429: u32 = 10;
/// The pause after the first failure; later ones are longer.
const PAUSE: Duration = Duration::from_millis(500);
/// Longest pause that an answer may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// Pauses that are told of, since somebody may wait.
const LONG_PAUSE: Duration = Duration::from_secs(5);
const CONNECT: Duration = Duration::from_secs(10);
/// Entities of a page: what all of the platform's lists give.
const PAGE: usize = 100;
/// Entities of a list, at the most.
const MAX_ENTITIES: usize = 100_000;
/// Characters of an answer's message that are told.
const MAX_MESSAGE: usize = 200;

pub(super) struct Source {
    http: reqwest::Client,
    api: String,
    token: String,
}

/// What came of a question.
pub(super) enum Got<T> {
    Found(T),
    /// The client may not read it: why.
    Forbidden(String),
    /// There is no such thing.
    Absent,
}

impl<T> Got<T> {
    fn read<U>(self, read: impl FnOnce(T) -> anyhow::Result<U>) -> anyhow::Result<Got<U>> {
        Ok(match self {
            Got::Found(found) => Got::Found(read(found)?),
            Got::Forbidden(why) => Got::Forbidden(why),
            Got::Absent => Got::Absent,
        })
    }
}

struct Answer {
    status: StatusCode,
    body: Vec<u8>,
}

impl Source {
    pub(super) async fn login(
        to: &Addresses,
        (id, secret): (&str, &str),
        wait: Duration,
    ) -> anyhow::Result<Source> {
        let secured = [&to.api, &to.token]
            .into_iter()
            .find(|url| url.starts_with("https:"));
        let http = builder(secured.unwrap_or(&to.api), wait)?
            .connect_timeout(CONNECT.min(wait))
            // A token goes to no address that isn't given.
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let what = format!("login at {}", to.token);
        let form = "application/x-www-form-urlencoded";
        let request = || {
            http.post(&to.token)
                .basic_auth(id, Some(secret))
                .header(reqwest::header::CONTENT_TYPE, form)
                .body("grant_type=client_credentials")
        };
        let answer = ask(&request, &what).await?;
        let advice = match answer.status {
            StatusCode::OK => "",
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED => {
                "; check the client id and its secret"
            }
            _ => {
                "; at the platform the login has another address than the API: give --region or --token-url"
            }
        };
        anyhow::ensure!(
            answer.status == StatusCode::OK,
            "{what}: the answer is {}{advice}",
            answer.status
        );
        let body = tollgate_json::read_bytes(&answer.body)
            .ok()
            .with_context(|| format!("{what}: the answer is not JSON"))?;
        let token = body["access_token"].as_str();
        let token = token.with_context(|| format!("{what}: no token came"))?;
        Ok(Source {
            token: token.to_owned(),
            api: to.api.clone(),
            http,
        })
    }

    /// The JSON at a path.
    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Got<Value>> {
        self.body(path).await?.read(|body| {
            let read = tollgate_json::read_bytes(&body);
            read.with_context(|| format!("GET {}{path}: the answer is not JSON", self.api))
        })
    }

    /// The text at a path.
    pub(super) async fn text(&self, path: &str) -> anyhow::Result<Got<String>> {
        self.body(path).await?.read(|body| {
            let read = String::from_utf8(body).ok();
            read.with_context(|| format!("GET {}{path}: the answer is not UTF-8", self.api))
        })
    }

    async fn body(&self, path: &str) -> anyhow::Result<Got<Vec<u8>>> {
        let url = format!("{}{path}", self.api);
        let what = format!("GET {url}");
        let request = || self.http.get(&url).bearer_auth(&self.token);
        let answer = ask(&request, &what).await?;
        match answer.status {
            StatusCode::OK => Ok(Got::Found(answer.body)),
            StatusCode::FORBIDDEN => Ok(Got::Forbidden(format!("403: {}", message(&answer.body)))),
            StatusCode::NOT_FOUND => Ok(Got::Absent),
            status => anyhow::bail!("{what}: the answer is {status}: {}", message(&answer.body)),
        }
    }

    /// All entities of a list, page by page, each with its id. `query` is empty or begins with `&`.
    pub(super) async fn list(&self, path: &str, query: &str) -> anyhow::Result<Got<Vec<Value>>> {
        let (mut all, mut ids) = (Vec::new(), BTreeSet::new());
        for number in 1_u64.. {
            let path = format!("{path}?pageSize={PAGE}&pageNumber={number}{query}");
            let page = match self.get(&path).await? {
                Got::Found(page) => page,
                Got::Forbidden(why) => return Ok(Got::Forbidden(why)),
                Got::Absent => return Ok(Got::Absent),
            };
            let whole = || format!("GET {}{path}: the answer is no page of a list", self.api);
            let entities = page["entities"].as_array().with_context(whole)?;
            let before = ids.len();
            for entity in entities {
                let id = entity["id"].as_str().with_context(whole)?;
                // An entity that moves to the next page meanwhile is told twice.
                if ids.insert(id.to_owned()) {
                    all.push(entity.clone());
                }
            }
            anyhow::ensure!(
                all.len() <= MAX_ENTITIES,
                "GET {}{path}: more than {MAX_ENTITIES} entities",
                self.api
            );
            // Not all lists of the platform say how many pages there are; the last one is then empty.
            let pages = page["pageCount"].as_u64();
            let last = pages.is_some_and(|pages| number >= pages) && !page["nextUri"].is_string();
            if last || ids.len() == before {
                break;
            }
        }
        Ok(Got::Found(all))
    }
}

/// Asks until there is an answer that is none of those to be patient with.
async fn ask(request: &impl Fn() -> RequestBuilder, what: &str) -> anyhow::Result<Answer> {
    let (mut failed, mut refused) = (0, 0);
    loop {
        let (pause, tried) = match attempt(request()).await {
            Ok((answer, head)) if answer.status == StatusCode::TOO_MANY_REQUESTS => {
                refused += 1;
                anyhow::ensure!(
                    refused < TRIES_AT_429,
                    "{what}: refused {refused} times with 429"
                );
                (
                    asked_pause(&head).unwrap_or(PAUSE * (1 << refused)),
                    "the answer is 429",
                )
            }
            Ok((answer, head)) if (502..=504).contains(&answer.status.as_u16()) => {
                failed += 1;
                if failed == TRIES {
                    return Ok(answer);
                }
                (
                    asked_pause(&head).unwrap_or(PAUSE * failed),
                    "the service is away",
                )
            }
            Ok((answer, head)) => {
                rest(&head).await;
                return Ok(answer);
            }
            Err(error) => {
                failed += 1;
                if failed == TRIES {
                    return Err(error).with_context(|| format!("{what}: tried {TRIES} times"));
                }
                (PAUSE * failed, "no answer")
            }
        };
        anyhow::ensure!(
            pause <= LONGEST_PAUSE,
            "{what}: {tried}, and asks to wait {} s; try again then",
            pause.as_secs()
        );
        wait(pause, tried).await;
    }
}

async fn attempt(request: RequestBuilder) -> anyhow::Result<(Answer, HeaderMap)> {
    let answer = request.send().await.map_err(reqwest::Error::without_url)?;
    let (status, head) = (answer.status(), answer.headers().clone());
    let body = bytes(answer).await?;
    Ok((Answer { status, body }, head))
}

async fn wait(pause: Duration, why: &str) {
    if pause >= LONG_PAUSE {
        errln!("tollgate pull: {why}; waits {} s", pause.as_secs());
    }
    tokio::time::sleep(pause).await;
}

/// The pause that an answer asks for, in seconds or until a date.
fn asked_pause(head: &HeaderMap) -> Option<Duration> {
    let text = head.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(text).ok()?;
    Some(until.duration_since(SystemTime::now()).unwrap_or(PAUSE))
}

/// Waits for the token's next window where nine tenths of this one are used, as the platform's headers tell.
async fn rest(head: &HeaderMap) {
    let number = |name: &str| -> Option<u64> { head.get(name)?.to_str().ok()?.trim().parse().ok() };
    let told = number("inin-ratelimit-count").zip(number("inin-ratelimit-allowed"));
    let Some(((count, allowed), reset)) = told.zip(number("inin-ratelimit-reset")) else {
        return;
    };
    if count.saturating_mul(10) >= allowed.saturating_mul(9) {
        wait(
            Duration::from_secs(reset).min(LONGEST_PAUSE),
            "the token's rate is nearly used",
        )
        .await;
    }
}

/// What an answer that is no success says, on one line.
fn message(body: &[u8]) -> String {
    let body = tollgate_json::read_bytes(body).unwrap_or_default();
    let message = body["message"].as_str().unwrap_or("no message");
    let plain = message.chars().filter(|c| !c.is_control());
    plain.take(MAX_MESSAGE).collect()
}
