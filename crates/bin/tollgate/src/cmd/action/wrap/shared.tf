# What the actions in this folder share, made by `tollgate action wrap --terraform`: an integration for web services,
# its credentials, and the login that gets a token of tollgate's. Give the variables that have no default a value, the
# secret by the environment: TF_VAR_tollgate_client_secret.
terraform {
  required_providers {
    genesyscloud = {
      source = "mypurecloud/genesyscloud"
    }
  }
}

variable "tollgate_url" {
  type        = string
  description = "Where the vendor's cloud reaches tollgate, without a slash at the end."
  default     = @url@
}

variable "tollgate_client_id" {
  type        = string
  description = "The client id of a caller of tollgate's."
}

variable "tollgate_client_secret" {
  type        = string
  description = "The caller's secret."
  sensitive   = true
}

variable "tollgate_integration_name" {
  type        = string
  description = "What the integration is called; the category of its actions."
  default     = "tollgate"
}

resource "genesyscloud_integration_credential" "tollgate" {
  name                 = var.tollgate_integration_name
  credential_type_name = "userDefinedOAuth"
  fields = {
    clientId     = var.tollgate_client_id
    clientSecret = var.tollgate_client_secret
  }
}

resource "genesyscloud_integration" "tollgate" {
  intended_state   = "ENABLED"
  integration_type = "custom-rest-actions"
  config {
    name       = var.tollgate_integration_name
    properties = jsonencode({})
    advanced   = jsonencode({})
    notes      = ""
    credentials = {
      basicAuth = genesyscloud_integration_credential.tollgate.id
    }
  }
}

resource "genesyscloud_integration_custom_auth_action" "tollgate" {
  integration_id = genesyscloud_integration.tollgate.id
  name           = @login_name@
  config_request {
    request_url_template = @login_url@
    request_type         = "POST"
    request_template     = @login_body@
    headers = @login_headers@
  }
  config_response {
    success_template = @login_answer@
  }
}
