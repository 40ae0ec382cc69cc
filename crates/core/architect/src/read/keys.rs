//! Keys that a workflow file may have, but for those of steps; each list is one text, with blanks between.

/// The group of settings about failures.
pub(super) const ERRORS: &str = "settingsErrorHandling";
/// The group of settings about what persons say.
pub(super) const INPUT: &str = "settingsUserInput";

/// Keys of a workflow of any kind; `kinds.tsv` has those that only some kinds have. Those of languages, speech
/// recognition and prompts' media don't change what it does, nor do `referencedObjects`, a copy of what the called
/// flows take and give.
pub(super) const TOP: &str = "\
    name description division startUpRef startUpTaskActions defaultLanguage supportedLanguages \
    initialGreeting variables tasks states bots menus settingsActionDefaults settingsErrorHandling \
    settingsMenu settingsPrompts settingsSpeechRec referencedObjects";

/// Keys within groups of settings.
pub(super) const GROUPS: [(&str, &str); 6] = [
    (ERRORS, ERROR_KEYS),
    ("settingsMenu", MENU),
    (INPUT, INPUT_KEYS),
    ("settingsActionDefaults", DEFAULTS),
    ("settingsInQueueCall", "holdMusic"),
    ("settingsOutboundCall", "contactList wrapupCode"),
];

const ERROR_KEYS: &str = "\
    errorHandling preHandlingAudio enableAgentEscalation errorEventHandover \
    agentEscalationConfirmation agentEscalationHandover agentEscalationHandling \
    recognitionFailureEventHandover recognitionFailureEventHandling";

const INPUT_KEYS: &str = "\
    enableBargeIn enableAutomaticQuickReplies enableIntentClassificationHinting noMatchesMax \
    noInputsMax noInputsTimeout speechToTextSpeechDetectionSensitivity \
    speechToTextMaxSpeechTimeout confirmationRejectionsMax collectionLowConfidenceThreshold \
    collectionHighConfidenceThreshold confirmationLowConfidenceThreshold noMatchApology \
    noInputApology noToConfirmationApology confirmationNoMatchApology confirmationNoInputApology";

const DEFAULTS: &str = "\
    askForBoolean askForIntent askForSlot callBridge callData callDataSecure collectInput \
    detectSilence dialByExtension loopAnythingElse playAudioOnSilence transferToFlowSecure \
    transferToGroup transferToNumber transferToUser";

/// Of a workflow's menus, or of one.
pub(super) const MENU: &str = "\
    extensionDialingMaxDelay listenForExtensionDialing menuSelectionTimeout repeatCount";
