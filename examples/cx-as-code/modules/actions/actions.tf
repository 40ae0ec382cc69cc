variable "category" {
  type = string
}

variable "integration_id" {
  type = string
}

variable "base_url" {
  type = string
}

locals {
  json = {
    "Accept" = "application/json"
  }
}

resource "genesyscloud_integration_action" "find_order" {
  name                   = "Find Order"
  category               = var.category
  integration_id         = var.integration_id
  config_timeout_seconds = 5
  contract_input = jsonencode({
    type     = "object"
    required = ["number"]
    properties = {
      number = { type = "string" }
    }
    additionalProperties = true
  })
  contract_output = file("${path.module}/contracts/order.json")
  config_request {
    # `$${` is Terraform's way to write a plain `${`.
    request_url_template = "${var.base_url}/orders/$esc.url($${input.number})"
    request_type         = "GET"
    request_template     = "$${input.rawRequest}"
    headers              = local.json
  }
  config_response {
    translation_map = {
      state = "$.state"
      day   = "$.delivery.day"
    }
    translation_map_defaults = {
      day = "\"\""
    }
    success_template = <<-EOT
      {"state": $${state}, "delivery": {"day": $${day}}}
    EOT
  }
}

resource "genesyscloud_integration_action" "cancel_order" {
  name           = "Cancel Order"
  category       = var.category
  integration_id = var.integration_id
  secure         = true
  contract_input = <<-JSON
    {
      "type": "object",
      "required": ["number", "reason"],
      "properties": {
        "number": {"type": "string"},
        "reason": {"type": "string"}
      }
    }
  JSON
  contract_output = jsonencode({
    type       = "object"
    properties = {}
  })
  config_request {
    request_url_template = "${var.base_url}/orders/$esc.url($${input.number})/cancellation"
    request_type         = "POST"
    request_template = jsonencode({
      reason = "$esc.jsonString($${input.reason})"
    })
    headers = merge(local.json, { "Content-Type" = "application/json" })
  }
  config_response {
    success_template = "{}"
  }
}

output "find_order" {
  value = genesyscloud_integration_action.find_order.name
}

output "cancel_order" {
  value = genesyscloud_integration_action.cancel_order.name
}
