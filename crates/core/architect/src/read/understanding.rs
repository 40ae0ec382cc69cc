//! What a bot understands: its intents, its entities and their types.

use super::Reader;
use crate::workflow::{EntityType, Intent, Variable, normal, pattern};
use crate::yaml::Node;
use tollgate_expression::Type;

impl Reader<'_> {
    /// Intents, entities and their types; an entity has a variable, declared or not.
    pub(super) fn understanding(&mut self) {
        let root = self.root;
        let Some(domain) = root
            .get("settingsNaturalLanguageUnderstanding")
            .and_then(|settings| settings.get("nluDomainVersion"))
        else {
            return;
        };
        let list = |key: &str| domain.items_of(key);
        for intent in list("intents") {
            let utterances = intent.items_of("utterances");
            let entities = intent.items_of("entityNameReferences");
            self.nlu.intents.push(Intent {
                name: intent.text_of("name").unwrap_or_default().to_owned(),
                utterances: utterances.iter().map(utterance).collect(),
                entities: entities
                    .iter()
                    .filter_map(Node::text)
                    .map(str::to_owned)
                    .collect(),
            });
        }
        for entity in list("entities") {
            let Some(name) = entity.text_of("name") else {
                continue;
            };
            let kind = entity.text_of("type");
            let kind = list("entityTypes")
                .iter()
                .find(|known| known.text_of("name") == kind);
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
                        let message = "a pattern that can't be run here";
                        self.left_out(value.place, message.to_owned(), why);
                    }
                }
            }
            return EntityType::Patterns(patterns);
        }
        if items.is_empty() {
            return EntityType::Anything;
        }
        let item = |item: &Node| {
            let value = item.text_of("value")?.to_owned();
            let synonyms = item.items_of("synonyms");
            let words = synonyms.iter().filter_map(Node::text).map(normal);
            let words = words.chain([normal(&value)]).collect();
            Some((value, words))
        };
        EntityType::Items(items.iter().filter_map(item).collect())
    }
}

/// The text of an utterance, its segments joined.
fn utterance(node: &Node) -> String {
    let segments = node.items_of("segments");
    let texts = segments
        .iter()
        .filter_map(|segment| segment.get("text")?.text());
    normal(&texts.collect::<String>())
}
