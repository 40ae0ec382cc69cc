//! What holds for the whole workflow, and what a bot understands.

use super::Reader;
use crate::workflow::{Action, EntityType, Intent, Next, Settings, Variable, normal, pattern};
use crate::yaml::Node;
use std::time::Duration;
use tollgate_expression::Expr;
use tollgate_expression::Type;
use tollgate_expression::Value;

/// Keys of a workflow. Those of languages, speech recognition and prompts' media don't change what it does.
pub(super) const TOP: &[&str] = &[
    "name",
    "description",
    "division",
    "startUpRef",
    "startUpTaskActions",
    "defaultLanguage",
    "supportedLanguages",
    "initialGreeting",
    "variables",
    "tasks",
    "states",
    "bots",
    "menus",
    "settingsActionDefaults",
    "settingsErrorHandling",
    "settingsMenu",
    "settingsPrompts",
    "settingsSpeechRec",
    "settingsInboundEmailHandling",
    "settingsUserInput",
    "settingsKnowledge",
    "settingsBotFlow",
    "settingsCommonModule",
    "settingsNaturalLanguageUnderstanding",
    "settingsInQueueCall",
    "settingsWorkitem",
];

/// Keys within groups of settings.
const GROUPS: [(&str, &[&str]); 4] = [
    (
        "settingsErrorHandling",
        &[
            "errorHandling",
            "preHandlingAudio",
            "enableAgentEscalation",
            "errorEventHandover",
            "agentEscalationConfirmation",
            "agentEscalationHandover",
            "agentEscalationHandling",
            "recognitionFailureEventHandover",
            "recognitionFailureEventHandling",
        ],
    ),
    ("settingsMenu", MENU),
    (
        "settingsUserInput",
        &[
            "enableBargeIn",
            "enableAutomaticQuickReplies",
            "enableIntentClassificationHinting",
            "noMatchesMax",
            "noInputsMax",
            "noInputsTimeout",
            "speechToTextSpeechDetectionSensitivity",
            "speechToTextMaxSpeechTimeout",
            "confirmationRejectionsMax",
            "collectionLowConfidenceThreshold",
            "collectionHighConfidenceThreshold",
            "confirmationLowConfidenceThreshold",
            "noMatchApology",
            "noInputApology",
            "noToConfirmationApology",
            "confirmationNoMatchApology",
            "confirmationNoInputApology",
        ],
    ),
    (
        "settingsActionDefaults",
        &[
            "askForBoolean",
            "askForIntent",
            "askForSlot",
            "callBridge",
            "callData",
            "callDataSecure",
            "collectInput",
            "detectSilence",
            "dialByExtension",
            "loopAnythingElse",
            "playAudioOnSilence",
            "transferToFlowSecure",
            "transferToGroup",
            "transferToNumber",
            "transferToUser",
        ],
    ),
];

/// Of a workflow's menus, or of one.
pub(super) const MENU: &[&str] = &[
    "extensionDialingMaxDelay",
    "listenForExtensionDialing",
    "menuSelectionTimeout",
    "repeatCount",
];

/// Times and counts that hold where the file says nothing: the vendor's defaults.
const MENU_TIMEOUT: Duration = Duration::from_secs(10);
const MENU_REPEATS: u32 = 3;
const ENTRY_TIMEOUT: Duration = Duration::from_secs(5);
const INPUT_TIMEOUT: Duration = Duration::from_secs(7);
const MAX_MISSES: u32 = 3;

impl Reader<'_> {
    pub(super) fn settings(&mut self) -> Settings {
        let root = self.root;
        for (group, keys) in GROUPS {
            if let Some(settings) = root.get(group) {
                self.known(settings, keys);
            }
        }
        for entry in root.entries() {
            if entry.key.starts_with("settings") {
                self.check_expressions(&entry.value);
            }
        }
        let greeting = self.setting_value(root, &["initialGreeting"], Type::AUDIO);
        let says = if self.is_bot() {
            self.setting_value(
                root,
                &["settingsErrorHandling", "errorEventHandover"],
                Type::COMMUNICATION,
            )
        } else {
            self.setting_value(
                root,
                &["settingsErrorHandling", "preHandlingAudio"],
                Type::AUDIO,
            )
        };
        let mut handover =
            |key| self.setting_value(root, &["settingsErrorHandling", key], Type::COMMUNICATION);
        let recognition_says = handover("recognitionFailureEventHandover");
        let escalation_says = handover("agentEscalationHandover");
        let error_next = self.handling("errorHandling");
        let recognition_next = self.handling("recognitionFailureEventHandling");
        let escalation_next = self.handling("agentEscalationHandling");
        let mut span =
            |path: &[&str], default: Duration| match self.setting_value(root, path, Type::DURATION)
            {
                Some(Expr::Constant(Value::Duration(millis))) => {
                    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
                }
                _ => default,
            };
        let menu_timeout = span(&["settingsMenu", "menuSelectionTimeout"], MENU_TIMEOUT);
        let entry_timeout = span(
            &["settingsActionDefaults", "collectInput", "noEntryTimeout"],
            ENTRY_TIMEOUT,
        );
        let input_timeout = span(&["settingsUserInput", "noInputsTimeout"], INPUT_TIMEOUT);
        let mut count =
            |path: &[&str], default: u32| match self.setting_value(root, path, Type::INTEGER) {
                Some(Expr::Constant(Value::Integer(count))) => {
                    u32::try_from(count.clamp(0, 99)).unwrap_or(default)
                }
                _ => default,
            };
        let menu_repeats = count(&["settingsMenu", "repeatCount"], MENU_REPEATS);
        let max_no_inputs = count(&["settingsUserInput", "noInputsMax"], MAX_MISSES);
        let max_no_matches = count(&["settingsUserInput", "noMatchesMax"], MAX_MISSES);
        let mut apology =
            |key| self.setting_value(root, &["settingsUserInput", key], Type::COMMUNICATION);
        let no_match_apology = apology("noMatchApology");
        let no_input_apology = apology("noInputApology");
        let escalation = self.setting_value(
            root,
            &["settingsErrorHandling", "enableAgentEscalation"],
            Type::BOOLEAN,
        );
        Settings {
            greeting,
            error_says: says,
            error_next,
            recognition_says,
            recognition_next,
            escalation_says,
            escalation_next,
            escalation: matches!(escalation, Some(Expr::Constant(Value::Boolean(true)))),
            menu_timeout,
            menu_repeats,
            entry_timeout,
            input_timeout,
            max_no_inputs,
            max_no_matches,
            no_match_apology,
            no_input_apology,
        }
    }

    fn setting_value(&mut self, root: &Node, path: &[&str], kind: Type) -> Option<Expr> {
        let node = path.iter().try_fold(root, |node, key| node.get(key))?;
        self.value(node, kind, path.last().copied().unwrap_or_default())
    }

    /// Checks every expression below, also of settings that have no effect here.
    fn check_expressions(&mut self, node: &Node) {
        if let Some(("exp", inner)) = super::value::form(node) {
            self.expression(inner, Type::ANY, "the setting");
            return;
        }
        for entry in node.entries() {
            self.check_expressions(&entry.value);
        }
        for item in node.items() {
            self.check_expressions(item);
        }
    }

    /// What to do after a failure: one step, such as `disconnect: {none: true}`.
    fn handling(&mut self, key: &str) -> Next {
        let root = self.root;
        let node = root
            .get("settingsErrorHandling")
            .and_then(|settings| settings.get(key));
        let Some(entry) = node.and_then(|node| self.only(node, "what to do after a failure"))
        else {
            return Next::Return;
        };
        let id = self.reserve(entry.place, "");
        self.step(id, &entry.key, &entry.value, entry.place, Next::Return);
        if matches!(self.steps[id as usize].action, Action::Pass) {
            return Next::Return;
        }
        Next::Step(id)
    }

    /// Intents, entities and their types; an entity has a variable, declared or not.
    pub(super) fn understanding(&mut self) {
        let root = self.root;
        let Some(domain) = root
            .get("settingsNaturalLanguageUnderstanding")
            .and_then(|settings| settings.get("nluDomainVersion"))
        else {
            return;
        };
        let list = |key: &str| domain.get(key).map(Node::items).unwrap_or_default();
        for intent in list("intents") {
            let utterances = intent
                .get("utterances")
                .map(Node::items)
                .unwrap_or_default();
            let entities = intent
                .get("entityNameReferences")
                .map(Node::items)
                .unwrap_or_default();
            self.nlu.intents.push(Intent {
                name: intent
                    .get("name")
                    .and_then(Node::text)
                    .unwrap_or_default()
                    .to_owned(),
                utterances: utterances.iter().map(utterance).collect(),
                entities: entities
                    .iter()
                    .filter_map(Node::text)
                    .map(str::to_owned)
                    .collect(),
            });
        }
        for entity in list("entities") {
            let Some(name) = entity.get("name").and_then(Node::text) else {
                continue;
            };
            let kind = entity.get("type").and_then(Node::text);
            let kind = list("entityTypes")
                .iter()
                .find(|known| known.get("name").and_then(Node::text) == kind);
            let kind = kind.map_or(EntityType::Anything, |kind| self.entity_type(kind));
            self.nlu.entities.insert(name.to_owned(), kind);
            let variable = format!("Slot.{name}");
            if !self.globals.contains_key(&variable.to_lowercase()) {
                let variable = Variable {
                    name: variable,
                    kind: Type::STRING,
                    initial: None,
                    input: false,
                    output: false,
                    place: entity.place,
                };
                self.declare(variable, None);
            }
        }
    }

    fn entity_type(&mut self, node: &Node) -> EntityType {
        let mechanism = node.get("mechanism");
        let kind = mechanism.and_then(|m| m.get("type")).and_then(Node::text);
        let items = mechanism
            .and_then(|m| m.get("items"))
            .map(Node::items)
            .unwrap_or_default();
        if kind.is_some_and(|kind| kind.eq_ignore_ascii_case("regex")) {
            let mut patterns = Vec::new();
            for item in items {
                let Some(value) = item.get("value") else {
                    continue;
                };
                match pattern(value.text().unwrap_or_default()) {
                    Ok(pattern) => patterns.push(pattern),
                    Err(why) => {
                        let why = why.lines().last().unwrap_or_default().to_owned();
                        self.problems
                            .error(value.place, "not a pattern that can be run", why);
                    }
                }
            }
            return EntityType::Patterns(patterns);
        }
        if items.is_empty() {
            return EntityType::Anything;
        }
        let item = |item: &Node| {
            let value = item.get("value").and_then(Node::text)?.to_owned();
            let synonyms = item.get("synonyms").map(Node::items).unwrap_or_default();
            let words = synonyms.iter().filter_map(Node::text).map(normal);
            let words = words.chain([normal(&value)]).collect();
            Some((value, words))
        };
        EntityType::Items(items.iter().filter_map(item).collect())
    }
}

/// The text of an utterance, its segments joined.
fn utterance(node: &Node) -> String {
    let segments = node.get("segments").map(Node::items).unwrap_or_default();
    let texts = segments
        .iter()
        .filter_map(|segment| segment.get("text")?.text());
    normal(&texts.collect::<String>())
}
