//! Links: what a client brings or fetches a transfer's bytes by.

use tollgate_secret::Secret;
use tollgate_store::EntityId;

/// Characters of what a link has to tell: those of [`tollgate_store::random_secret`].
const CHARS: usize = 43;

/// The last part of a link's path: a transfer's id, and what nobody can guess.
#[derive(Clone, Debug)]
pub struct Link {
    id: EntityId,
    secret: Secret,
}

impl Link {
    pub(crate) fn new(id: EntityId, secret: Secret) -> Self {
        Self { id, secret }
    }

    /// Reads one; none for what can't be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.rsplit_once('.')?;
        let id = EntityId::parse(id).ok()?;
        (secret.len() == CHARS).then(|| Self::new(id, secret.to_owned().into()))
    }

    /// The transfer that it leads to.
    #[must_use]
    pub fn id(&self) -> &EntityId {
        &self.id
    }

    pub(crate) fn told(&self) -> &Secret {
        &self.secret
    }

    /// As it stands in a path, for the client alone.
    #[must_use]
    pub fn expose(&self) -> String {
        format!("{}.{}", self.id, self.secret.expose())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_store::random_secret;

    #[test]
    fn a_link_is_read_as_it_was_written_and_shown_to_nobody() {
        let link = Link::new(EntityId::random(), random_secret().unwrap());
        let text = link.expose();
        assert_eq!(Link::parse(&text).unwrap().expose(), text);
        assert!(!format!("{link:?}").contains(link.told().expose()));
        for wrong in ["", ".", "a.b", &text[1..text.len() - 1], "../x"] {
            assert!(Link::parse(wrong).is_none(), "{wrong}");
        }
    }
}
