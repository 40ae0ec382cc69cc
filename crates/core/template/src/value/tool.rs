//! The tools as values: which there are, by what name, and what Java calls their classes. What they do is in
//! [`crate::tool`].

/// One of the tools.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    Esc,
    Math,
    Encoding,
    SuccessTemplateUtils,
    Url,
    MsDynamics,
    Salesforce,
}

const TOOLS: [Tool; 7] = [
    Tool::Esc,
    Tool::Math,
    Tool::Encoding,
    Tool::SuccessTemplateUtils,
    Tool::Url,
    Tool::MsDynamics,
    Tool::Salesforce,
];

impl Tool {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Tool::Esc => "esc",
            Tool::Math => "math",
            Tool::Encoding => "encoding",
            Tool::SuccessTemplateUtils => "successTemplateUtils",
            Tool::Url => "urlTool",
            Tool::MsDynamics => "msdynamics",
            Tool::Salesforce => "salesforce",
        }
    }

    /// The name of its class in Java; its own name where the vendor's class isn't known.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Tool::Esc => "org.apache.velocity.tools.generic.EscapeTool",
            Tool::Math => "org.apache.velocity.tools.generic.MathTool",
            other => other.name(),
        }
    }

    /// The tool of that name.
    pub(crate) fn named(name: &str) -> Option<Tool> {
        TOOLS.into_iter().find(|tool| tool.name() == name)
    }
}
