//! Which steps there are: in which workflows, with which ways out, and what kind of thing each does.

use crate::workflow::Channel;

/// How a step is read and run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// Has code of its own in the reader.
    Own,
    /// Says or sends what stands in the named setting.
    Say(&'static str),
    /// Leaves the workflow if it succeeds.
    Transfer,
    /// Asks the platform, which answers by a path.
    Platform,
    /// Tells the platform.
    Tell,
    /// Ends the workflow.
    End,
}

pub(super) struct Spec {
    pub(super) word: &'static str,
    channels: &'static str,
    pub(super) shape: Shape,
    /// Ways out; empty for one without a name.
    pub(super) paths: &'static [&'static str],
    /// What must be there.
    pub(super) required: &'static [&'static str],
}

const fn spec(
    word: &'static str,
    channels: &'static str,
    shape: Shape,
    paths: &'static [&'static str],
    required: &'static [&'static str],
) -> Spec {
    Spec {
        word,
        channels,
        shape,
        paths,
        required,
    }
}

use Shape::{End, Own, Platform, Say, Tell, Transfer};

const LEFT: &[&str] = &["success", "failure"];
const FOUND: &[&str] = &["found", "notFound", "failure"];
const HOURS: &[&str] = &["open", "closed", "holiday", "emergency"];

/// v voice, m message, e e-mail, n nobody (workflows), b bot.
const SPECS: &[Spec] = &[
    spec("decision", "vmenb", Own, &["yes", "no"], &["condition"]),
    spec("switch", "vmenb", Own, &[], &["evaluate"]),
    spec("loop", "vmenb", Own, &["loop", "done"], &[]),
    spec("loopAnythingElse", "b", Own, &["loop", "done"], &[]),
    spec("nextLoop", "vmenb", Own, &[], &[]),
    spec("exitLoop", "vmenb", Own, &[], &[]),
    spec("updateData", "vmenb", Own, &[], &["statements"]),
    spec("setParticipantData", "vmen", Own, &[], &["attributes"]),
    spec("getParticipantData", "vmenb", Own, &[], &["attributes"]),
    spec("wait", "vmen", Own, &[], &["duration"]),
    spec(
        "callData",
        "vmenb",
        Own,
        &["success", "failure", "timeout"],
        &["category"],
    ),
    spec(
        "callDataSecure",
        "v",
        Own,
        &["success", "failure", "timeout"],
        &["category"],
    ),
    spec(
        "callBridge",
        "vmenb",
        Own,
        &["success", "failure", "timeout"],
        &["category"],
    ),
    spec(
        "dataTableLookup",
        "vmenb",
        Own,
        FOUND,
        &["dataTable", "lookupValue"],
    ),
    spec(
        "callBotFlow",
        "vm",
        Own,
        &["success", "failure"],
        &["botFlow"],
    ),
    spec(
        "callDigitalBotFlow",
        "m",
        Own,
        &["success", "failure"],
        &["botFlow"],
    ),
    spec(
        "callCommonModule",
        "vmenb",
        Own,
        &["success", "failure"],
        &["commonModule"],
    ),
    spec("callTask", "vmenb", Own, &[], &["targetTaskRef"]),
    spec("jumpToTask", "vb", Own, &[], &["targetTaskRef"]),
    spec("jumpToMenu", "v", Own, &[], &["targetMenuRef"]),
    spec("changeState", "men", Own, &[], &["targetStateRef"]),
    spec("previousMenu", "v", Own, &[], &[]),
    spec("endTask", "vmenb", Own, &[], &[]),
    spec("endState", "men", Own, &[], &[]),
    spec(
        "collectInput",
        "v",
        Own,
        &["success", "failure"],
        &["inputData", "digits"],
    ),
    spec("askForIntent", "b", Own, &[], &["question"]),
    spec(
        "askForSlot",
        "b",
        Own,
        &["success", "maxNoInputs", "maxNoMatches"],
        &["slot", "question"],
    ),
    spec(
        "askForBoolean",
        "b",
        Own,
        &["yes", "no", "maxNoInputs", "maxNoMatches"],
        &["question"],
    ),
    spec("waitForInput", "b", Own, &["success", "maxNoInputs"], &[]),
    spec("playAudio", "v", Say("audio"), &[], &["audio"]),
    spec("playAudioOnSilence", "v", Say("audio"), &[], &["audio"]),
    spec(
        "sendResponse",
        "m",
        Say("messageBody"),
        &[],
        &["messageBody"],
    ),
    spec("sendAutoReply", "e", Say("body"), &[], &[]),
    spec(
        "communicate",
        "b",
        Say("communication"),
        &[],
        &["communication"],
    ),
    spec("disconnect", "vme", End, &[], &[]),
    spec("endWorkflow", "n", End, &[], &[]),
    spec("endWorkitemFlow", "n", End, &[], &[]),
    spec("exitBotFlow", "b", End, &[], &[]),
    spec("exitInQueueFlow", "vme", End, &[], &[]),
    spec("transferToAcd", "vme", Transfer, LEFT, &["targetQueue"]),
    spec("transferToUser", "vme", Transfer, LEFT, &[]),
    spec("transferToGroup", "vme", Transfer, LEFT, &[]),
    spec("transferToNumber", "v", Transfer, LEFT, &[]),
    spec("transferToVoicemail", "v", Transfer, LEFT, &["destination"]),
    spec("transferToFlow", "vme", Transfer, LEFT, &[]),
    spec("transferToFlowSecure", "v", Transfer, LEFT, &[]),
    spec("dialByExtension", "v", Transfer, LEFT, &[]),
    spec(
        "evaluateSchedule",
        "vmen",
        Platform,
        &["active", "inactive"],
        &[],
    ),
    spec(
        "evaluateScheduleGroup",
        "vmen",
        Platform,
        HOURS,
        &["scheduleGroup"],
    ),
    spec(
        "getExternalContact",
        "vmen",
        Platform,
        FOUND,
        &["externalResult"],
    ),
    spec("searchExternalContacts", "vmen", Platform, FOUND, &[]),
    spec("getExternalOrganization", "vmen", Platform, FOUND, &[]),
    spec("searchExternalOrganizations", "vmen", Platform, FOUND, &[]),
    spec("findQueue", "vmen", Platform, FOUND, &[]),
    spec("findQueueById", "vmen", Platform, FOUND, &[]),
    spec("findUser", "vmen", Platform, FOUND, &[]),
    spec("findUserById", "vmen", Platform, FOUND, &[]),
    spec("findUsersById", "vmen", Platform, FOUND, &[]),
    spec("findGroup", "vmen", Platform, FOUND, &[]),
    spec("findSkill", "vmen", Platform, FOUND, &[]),
    spec("findLanguageSkill", "vmen", Platform, FOUND, &[]),
    spec("findSchedule", "vmen", Platform, FOUND, &[]),
    spec("findScheduleGroup", "vmen", Platform, FOUND, &[]),
    spec("findEmergencyGroup", "vmen", Platform, FOUND, &[]),
    spec("findSystemPrompt", "v", Platform, FOUND, &[]),
    spec("findUserPrompt", "v", Platform, FOUND, &[]),
    spec(
        "getConversationData",
        "n",
        Platform,
        LEFT,
        &["conversationId"],
    ),
    spec(
        "setConversationData",
        "n",
        Platform,
        LEFT,
        &["conversationId", "attributes"],
    ),
    spec("disconnectInteraction", "n", Platform, LEFT, &[]),
    spec("createCallback", "vmen", Platform, LEFT, &[]),
    spec("setLanguage", "vmeb", Tell, &[], &[]),
    spec("setExternalTag", "vmen", Tell, &[], &[]),
    spec("setExternalContact", "vmen", Tell, &[], &[]),
    spec("setWrapupCode", "vme", Tell, &[], &[]),
    spec("setScreenPop", "vme", Tell, &[], &[]),
    spec("setWhisperAudio", "v", Tell, &[], &[]),
    spec("setUUIData", "v", Tell, &[], &[]),
    spec("setPostFlow", "v", Tell, &[], &[]),
    spec("setUtilizationLabel", "vmen", Tell, &[], &[]),
    spec("enableParticipantRecording", "v", Tell, &[], &[]),
    spec("detectSilence", "v", Tell, &[], &[]),
    spec("addFlowMilestone", "vmenb", Tell, &[], &[]),
    spec("initializeFlowOutcome", "vmenb", Tell, &[], &[]),
    spec("setFlowOutcome", "vmenb", Tell, &[], &[]),
    spec("clearPostCallSurvey", "v", Tell, &[], &[]),
];

/// Steps whose settings and outputs are confirmed by workflows that people published (`callTask` and
/// `jumpToTask` by their like, `jumpToMenu`). The others are named as the vendor's editor names them; how
/// the file writes them is our reading.
const CONFIRMED: [&str; 29] = [
    "decision",
    "switch",
    "loop",
    "updateData",
    "setParticipantData",
    "getParticipantData",
    "wait",
    "callData",
    "dataTableLookup",
    "callBotFlow",
    "callCommonModule",
    "callTask",
    "jumpToTask",
    "jumpToMenu",
    "endTask",
    "collectInput",
    "askForIntent",
    "askForSlot",
    "playAudio",
    "sendResponse",
    "communicate",
    "disconnect",
    "endWorkflow",
    "exitBotFlow",
    "transferToAcd",
    "transferToVoicemail",
    "evaluateScheduleGroup",
    "getExternalContact",
    "setConversationData",
];

/// Another name of a step.
const ALIASES: &[(&str, &str)] = &[("exit", "exitBotFlow")];

pub(super) fn find(word: &str) -> Option<&'static Spec> {
    let word = ALIASES
        .iter()
        .find(|(alias, _)| *alias == word)
        .map_or(word, |(_, word)| word);
    SPECS.iter().find(|spec| spec.word == word)
}

pub(super) fn words() -> impl Iterator<Item = &'static str> + Clone {
    SPECS.iter().map(|spec| spec.word)
}

impl Spec {
    pub(super) fn confirmed(&self) -> bool {
        CONFIRMED.contains(&self.word)
    }

    pub(super) fn allowed(&self, channel: Channel) -> bool {
        let letter = match channel {
            Channel::Voice => 'v',
            Channel::Message => 'm',
            Channel::Email => 'e',
            Channel::Nobody => 'n',
            Channel::Bot => 'b',
            Channel::Every => return true,
        };
        self.channels.contains(letter)
    }
}
