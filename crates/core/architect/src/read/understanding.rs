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
        for intent in self.list(domain, "intents") {
            let utterances = self.list(intent, "utterances");
            let entities = self.list(intent, "entityNameReferences");
            let utterances = utterances.iter().map(|one| self.utterance(one));
            let utterances = utterances.collect();
            self.nlu.intents.push(Intent {
                name: intent.text_of("name").unwrap_or_default().to_owned(),
                utterances,
                entities: entities
                    .iter()
                    .filter_map(Node::text)
                    .map(str::to_owned)
                    .collect(),
            });
        }
        let types = self.list(domain, "entityTypes");
        for entity in self.list(domain, "entities") {
            let Some(name) = entity.text_of("name") else {
                continue;
            };
            let kind = entity.text_of("type");
            let kind = types.iter().find(|known| known.text_of("name") == kind);
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
        let items = mechanism.map(|m| self.list(m, "items"));
        let items = items.unwrap_or_default();
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
            let synonyms = self.list(item, "synonyms");
            let words = synonyms.iter().filter_map(Node::text).map(normal);
            let words = words.chain([normal(&value)]).collect();
            Some((value, words))
        };
        EntityType::Items(items.iter().filter_map(item).collect())
    }

    /// The text of an utterance, its segments joined.
    fn utterance(&mut self, node: &Node) -> String {
        let segments = self.list(node, "segments");
        let texts = segments
            .iter()
            .filter_map(|segment| segment.get("text")?.text());
        normal(&texts.collect::<String>())
    }
}
