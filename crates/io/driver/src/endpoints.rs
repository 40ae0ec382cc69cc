//! Numbers for endpoints: what a limit of one path alone is learned by.
//!
//! An endpoint is a method, an origin and the path of an action's URL template. The path that was rendered
//! would make an endpoint of every input, and the action's name would tell two actions apart that ask for
//! the same. Numbers are given out in the order of first use and stay for the process's life. There is room
//! for [`MOST`]; calls for further ones have no known endpoint, and share their route's fate.

use http::Method;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tollgate_model::EndpointId;
use url::Url;

/// Endpoints that are told apart, at the most.
const MOST: usize = 4_096;

/// The numbers given out.
#[derive(Debug, Default)]
pub(crate) struct Endpoints(Mutex<HashMap<String, EndpointId>>);

impl Endpoints {
    /// The endpoint's number, and its name if the number is new.
    pub(crate) fn number(
        &self,
        method: &Method,
        url: &Url,
        path: &str,
    ) -> (EndpointId, Option<String>) {
        let origin = url.origin().ascii_serialization();
        let name = format!("{method} {origin}{path}");
        // Nothing that could panic is done while it is locked.
        let mut numbers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = numbers.get(&name) {
            return (*number, None);
        }
        if numbers.len() >= MOST {
            return (EndpointId::UNKNOWN, None);
        }
        let number = u32::try_from(numbers.len() + 1).map_or(EndpointId::UNKNOWN, EndpointId);
        numbers.insert(name.clone(), number);
        (number, Some(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_method_an_origin_and_a_template() {
        let endpoints = Endpoints::default();
        let number = |method: &Method, url: &str, path: &str| {
            endpoints.number(method, &Url::parse(url).unwrap(), path)
        };
        let (get, post) = (&Method::GET, &Method::POST);
        let (first, name) = number(get, "https://a.example/users/7?x=1", "/users/${id}");
        assert_eq!(first, EndpointId(1));
        assert_eq!(name.as_deref(), Some("GET https://a.example/users/${id}"));
        let same = number(get, "https://u:p@a.example:443/users/8", "/users/${id}");
        assert_eq!(same, (first, None));
        let others = [
            number(post, "https://a.example/users/7", "/users/${id}"),
            number(get, "https://b.example/users/7", "/users/${id}"),
            number(get, "https://a.example/users/7", "/users/7"),
            number(get, "http://a.example/users/7", "/users/${id}"),
        ];
        assert_eq!(others.map(|it| it.0.0), [2, 3, 4, 5]);
    }

    #[test]
    fn there_is_room_for_a_few_thousand() {
        let endpoints = Endpoints::default();
        let url = Url::parse("https://a.example/").unwrap();
        for number in 1..=MOST + 10 {
            let path = format!("/{number}");
            let (endpoint, name) = endpoints.number(&Method::GET, &url, &path);
            assert_eq!(endpoint.index(), if number <= MOST { number } else { 0 });
            assert_eq!(name.is_some(), number <= MOST);
        }
        assert_eq!(endpoints.number(&Method::GET, &url, "/7").0, EndpointId(7));
    }
}
