//! What a caller may name: flows, credentials, networks.

use crate::world::{ACTIONS, SECRET, World, action, loopback, upstream};
use reqwest::Method;
use serde_json::{Value, json};

/// A stored client with these fields, and its token.
async fn client(world: &World, root: &str, fields: Value) -> (String, String) {
    let mut wanted = json!({"name": "c"});
    wanted
        .as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    let made = world
        .done(root, Method::POST, "/api/v2/oauth/clients", wanted)
        .await;
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    let token = world.login(&text("id"), &text("secret")).await.unwrap();
    (text("id"), token)
}

/// Executes as a flow; gives status and answer.
async fn execute(
    world: &World,
    token: &str,
    action: &str,
    flow: Option<&str>,
    what: &str,
) -> (u16, Value) {
    let url = format!(
        "http://{}{ACTIONS}/{action}/{what}",
        world.service.address()
    );
    let mut request = world.http.post(url).bearer_auth(token).body("{}");
    if let Some(flow) = flow {
        request = request.header("Tollgate-Flow", flow);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn a_caller_calls_as_its_own_flows_and_learns_of_no_other() {
    let (upstream, _) = upstream().await;
    let world = World::start().await;
    let root = world.root().await;
    let id = world
        .web_service(&root, "userDefined", json!({"k": "v"}), loopback())
        .await;
    let headers = json!({"Authorization": "Bearer token-1"});
    let new = action("a", &id, &format!("{upstream}/resource"), headers);
    let made = world.done(&root, Method::POST, ACTIONS, new).await;
    let action = made["id"].as_str().unwrap();
    let execute_only = json!({"roleIds": ["execute"]});
    let (plain_id, plain) = client(&world, &root, execute_only.clone()).await;
    let listed =
        json!({"roleIds": ["execute"], "tollgateFlows": ["voice"], "tollgateDefaultFlow": "sms"});
    let (_, listed) = client(&world, &root, listed).await;
    let (_, every) = client(
        &world,
        &root,
        json!({"roleIds": ["execute"], "tollgateFlows": ["*"]}),
    )
    .await;
    let one = world.login("one-flow", SECRET).await.unwrap();
    let two = world.login("two-flows", SECRET).await.unwrap();
    for (token, may) in [
        (&plain, vec!["email"]),
        (&listed, vec!["sms", "voice"]),
        (&every, vec!["email", "later", "sms", "voice"]),
        (&one, vec!["email"]),
        (&two, vec!["sms", "voice"]),
    ] {
        assert_eq!(execute(&world, token, action, None, "execute").await.0, 200);
        let mut refusals = Vec::new();
        for flow in ["voice", "sms", "email", "no such flow", "*", "Voice", ""] {
            for what in ["execute", "test"] {
                let (status, mut answer) = execute(&world, token, action, Some(flow), what).await;
                let want = if may.contains(&flow) { 200 } else { 400 };
                assert_eq!(status, want, "{flow} {what} {may:?}: {answer}");
                if status == 400 {
                    answer["contextId"] = Value::Null;
                    refusals.push(
                        answer
                            .to_string()
                            .replace(&format!("{flow:?}").replace('"', "\\\""), "NAME"),
                    );
                }
            }
        }
        refusals.dedup();
        assert_eq!(refusals.len(), 1, "one answer for all: {refusals:?}");
        let shown = world
            .done(token, Method::GET, "/api/v2/tollgate/flows", Value::Null)
            .await;
        let shown: Vec<_> = shown["entities"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["name"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(shown.len(), may.len(), "{shown:?}");
        assert!(
            shown.iter().all(|name| may.contains(&name.as_str())),
            "{shown:?}"
        );
    }

    // An update that knows nothing of flows keeps them; one of another list holds at once.
    let path = format!("/api/v2/oauth/clients/{plain_id}");
    let update = json!({"name": "c", "roleIds": ["execute"], "tollgateFlows": ["voice"]});
    world.done(&root, Method::PUT, &path, update).await;
    let kept = world
        .done(
            &root,
            Method::PUT,
            &path,
            json!({"name": "d", "roleIds": ["execute"]}),
        )
        .await;
    assert_eq!(kept["tollgateFlows"], json!(["voice"]));
    assert_eq!(
        execute(&world, &plain, action, Some("voice"), "execute")
            .await
            .0,
        200
    );
    let none = json!({"name": "d", "roleIds": ["execute"], "tollgateFlows": []});
    world.done(&root, Method::PUT, &path, none).await;
    assert_eq!(
        execute(&world, &plain, action, Some("voice"), "execute")
            .await
            .0,
        400
    );
    let (status, _) = world
        .call(
            &root,
            Method::PUT,
            &path,
            json!({"name": "d", "tollgateFlows": ["fax"]}),
        )
        .await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn what_is_attached_must_be_within_reach_too() {
    let world = World::start().await;
    let root = world.root().await;
    let own = world
        .web_service(&root, "userDefined", json!({"k": "v"}), loopback())
        .await;
    let others = world
        .web_service(
            &root,
            "basicAuth",
            json!({"userName": "u", "password": "p"}),
            loopback(),
        )
        .await;
    let also = world
        .platform(
            &root,
            "Also",
            "http://127.0.0.1:1",
            "http://127.0.0.1:1/token",
        )
        .await;
    let config = |id: &str| format!("/api/v2/integrations/{id}/config/current");
    let credential = |answer: &Value| {
        let places = answer["credentials"].as_object().unwrap();
        places.values().next().unwrap()["id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let shown = world
        .done(&root, Method::GET, &config(&own), Value::Null)
        .await;
    let (own_credential, mut version) = (credential(&shown), shown["version"].as_i64().unwrap());
    let foreign = credential(
        &world
            .done(&root, Method::GET, &config(&others), Value::Null)
            .await,
    );
    let shared = credential(
        &world
            .done(&root, Method::GET, &config(&also), Value::Null)
            .await,
    );
    let division = |id: &str| json!({"roleId": "administer", "divisionId": id});
    let (_, scoped) = client(
        &world,
        &root,
        json!({"roleDivisions": [division(&own), division(&also)]}),
    )
    .await;

    let body = |version: i64, place: &str, credential: &str, properties: Value| json!({"version": version, "properties": properties, "credentials": {place: {"id": credential}}});
    let mut refusals = Vec::new();
    let nobodys = "00000000-0000-4000-8000-000000000000";
    for (place, credential) in [
        ("userDefined", foreign.as_str()),
        ("clientCertificate", &foreign),
        ("anything", &foreign),
        ("userDefined", nobodys),
    ] {
        let wanted = body(version, place, credential, loopback());
        let (status, mut answer) = world
            .call(&scoped, Method::PUT, &config(&own), wanted)
            .await;
        assert_eq!(
            (status, &answer["code"]),
            (403, &json!("missing.permissions")),
            "{place}"
        );
        answer["contextId"] = Value::Null;
        refusals.push(answer.to_string());
    }
    refusals.dedup();
    assert_eq!(
        refusals.len(),
        1,
        "known and unknown ids are answered alike: {refusals:?}"
    );
    let with = |networks: Value| {
        let mut properties = loopback();
        properties["allowedNetworks"] = networks;
        properties
    };
    for networks in [
        json!(["127.0.0.0/8", "169.254.169.254"]),
        json!(["169.254.169.254/32"]),
        json!(["0.0.0.0/0"]),
        json!(["127.0.0.0/8", "10.0.0.0/8"]),
        json!(["127.0.0.1"]),
        json!(["::1"]),
        json!(["fd00:ec2::254"]),
        json!(["127.0.0.0/8", "no network"]),
    ] {
        let wanted = body(
            version,
            "userDefined",
            &own_credential,
            with(networks.clone()),
        );
        let (status, answer) = world
            .call(&scoped, Method::PUT, &config(&own), wanted)
            .await;
        assert_eq!(status, 403, "{networks}: {answer}");
    }
    // What is there may stay, move between one's own, and go; and an earlier version's is gone.
    for (credential, networks) in [
        (&own_credential, json!(["127.0.0.0/8"])),
        (&shared, json!(["127.0.0.0/8"])),
        (&own_credential, json!([])),
    ] {
        let wanted = body(version, "userDefined", credential, with(networks.clone()));
        let (status, answer) = world
            .call(&scoped, Method::PUT, &config(&own), wanted)
            .await;
        let unattached =
            credential == &own_credential && version > shown["version"].as_i64().unwrap() + 1;
        assert_eq!(
            status,
            if unattached { 403 } else { 200 },
            "{networks}: {answer}"
        );
        version = answer["version"].as_i64().unwrap_or(version);
    }
    world
        .done(
            &root,
            Method::PUT,
            &config(&own),
            body(version, "userDefined", &own_credential, with(json!([]))),
        )
        .await;
    let old = body(
        shown["version"].as_i64().unwrap(),
        "userDefined",
        &own_credential,
        loopback(),
    );
    let (status, answer) = world.call(&scoped, Method::PUT, &config(&own), old).await;
    assert_eq!(status, 409, "{answer}");
    let wanted = body(version + 1, "userDefined", &own_credential, loopback());
    assert_eq!(
        world
            .call(&scoped, Method::PUT, &config(&own), wanted.clone())
            .await
            .0,
        403
    );
    world.done(&root, Method::PUT, &config(&own), wanted).await;
    // Somebody else's integration, its credentials and its actions.
    let (status, _) = world
        .call(
            &scoped,
            Method::PUT,
            &config(&others),
            body(2, "basicAuth", &own_credential, json!({})),
        )
        .await;
    assert_eq!(status, 403);
    for path in [
        "/api/v2/integrations/credentials".to_owned(),
        format!("/api/v2/integrations/credentials/{foreign}"),
    ] {
        assert_eq!(
            world.call(&scoped, Method::GET, &path, Value::Null).await.0,
            403
        );
    }
}

#[tokio::test]
async fn an_action_stays_in_its_integration() {
    let (upstream, seen) = upstream().await;
    let world = World::start().await;
    let root = world.root().await;
    let own = world
        .web_service(&root, "userDefined", json!({"k": "v"}), loopback())
        .await;
    let others = world
        .web_service(
            &root,
            "basicAuth",
            json!({"userName": "u", "password": "p"}),
            loopback(),
        )
        .await;
    let division =
        json!([{"roleId": "author", "divisionId": own}, {"roleId": "execute", "divisionId": own}]);
    let (_, author) = client(&world, &root, json!({"roleDivisions": division})).await;
    let url = format!("{upstream}/resource");
    for path in [ACTIONS.to_owned(), format!("{ACTIONS}/drafts")] {
        for kind in ["custom", "customAuth"] {
            let mut new = action("a", &others, &url, json!({}));
            new["actionType"] = kind.into();
            assert_eq!(
                world.call(&author, Method::POST, &path, new).await.0,
                403,
                "{path} {kind}"
            );
        }
    }
    let made = world
        .done(
            &author,
            Method::POST,
            &format!("{ACTIONS}/drafts"),
            action("a", &own, &url, json!({})),
        )
        .await;
    let draft = format!("{ACTIONS}/{}/draft", made["id"].as_str().unwrap());
    let moved = json!({"version": made["version"], "integrationId": others, "id": "custom_-_x", "name": "b"});
    let shown = world.done(&author, Method::PATCH, &draft, moved).await;
    assert_eq!(shown["integrationId"], json!(own));
    let path = format!("{draft}/publish");
    let elsewhere = json!({"version": shown["version"], "integrationId": others});
    let (status, refused) = world.call(&author, Method::POST, &path, elsewhere).await;
    assert_eq!(status, 400, "{refused}");
    let publish = json!({"version": shown["version"]});
    let shown = world.done(&author, Method::POST, &path, publish).await;
    assert_eq!(shown["integrationId"], json!(own));
    assert_eq!(seen.calls.load(std::sync::atomic::Ordering::SeqCst), 0);
}

#[tokio::test]
async fn real_logins_go_on_under_a_flood_of_guesses() {
    let world = World::start().await;
    let root = world.root().await;
    let made = world
        .done(
            &root,
            Method::POST,
            "/api/v2/oauth/clients",
            json!({"name": "c", "roleIds": ["execute"]}),
        )
        .await;
    let (id, secret) = (
        made["id"].as_str().unwrap(),
        made["secret"].as_str().unwrap(),
    );
    world.login(id, secret).await.unwrap();
    let guess = |id: &str, nth: usize| {
        let request = world
            .http
            .post(format!("http://{}/oauth/token", world.service.address()));
        let request = request.basic_auth(id, Some(format!("a wrong secret, number {nth}")));
        request.body("grant_type=client_credentials").send()
    };
    let mut statuses = std::collections::BTreeMap::new();
    let mut answers = std::collections::BTreeSet::new();
    for nth in 0..40 {
        let unknown = format!("unknown-{nth}");
        let guesses =
            ["root", id, &unknown, "00000000-0000-4000-8000-000000000000"].map(|id| guess(id, nth));
        let real = [world.login("root", SECRET), world.login(id, secret)];
        for answer in futures_util::future::join_all(guesses).await {
            let answer = answer.unwrap();
            let status = answer.status().as_u16();
            assert!(status != 429 || answer.headers().contains_key("retry-after"));
            *statuses.entry(status).or_insert(0) += 1;
            let mut answer: Value = answer.json().await.unwrap();
            answer["contextId"] = Value::Null;
            answers.insert(answer.to_string());
        }
        for login in futures_util::future::join_all(real).await {
            assert!(login.is_ok(), "{nth}: {login:?}");
        }
    }
    let keys: Vec<_> = statuses.keys().copied().collect();
    assert_eq!(keys, [401, 429], "{statuses:?}");
    // A minute's worth, and what wears off meanwhile.
    assert!(statuses[&401] < 130, "{statuses:?}");
    assert_eq!(
        answers.len(),
        2,
        "known and unknown ids are answered alike: {answers:?}"
    );
}
