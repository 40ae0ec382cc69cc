# What `tollgate check examples/cx-as-code` looks at: an integration, its data actions, and flows that call them.
terraform {
  required_providers {
    genesyscloud = {
      source = "mypurecloud/genesyscloud"
    }
  }
}

locals {
  flows = "${path.module}/flows"
}

resource "genesyscloud_integration" "orders" {
  integration_type = "custom-rest-actions"
  intended_state   = "ENABLED"
  config {
    name = "${var.prefix} orders"
  }
}

module "actions" {
  source         = "./modules/actions"
  category       = genesyscloud_integration.orders.config[0].name
  integration_id = genesyscloud_integration.orders.id
  base_url       = var.orders_url
}

# The organisation has this one already; it isn't deployed from here.
data "genesyscloud_integration_action" "callback" {
  name = "Create Callback"
}

resource "genesyscloud_routing_queue" "orders" {
  name = "${var.prefix} orders"
}

resource "genesyscloud_flow" "greeting" {
  filepath = "${local.flows}/greeting.yaml"
  substitutions = {
    flow_name = "${var.prefix} greeting"
  }
}

resource "genesyscloud_flow" "order_line" {
  filepath = "${local.flows}/order-line.yaml"
  substitutions = {
    flow_name       = "${var.prefix} order line"
    category        = genesyscloud_integration.orders.config[0].name
    find_order      = module.actions.find_order
    cancel_order    = module.actions.cancel_order
    create_callback = data.genesyscloud_integration_action.callback.name
    greeting        = genesyscloud_flow.greeting.name
    queue           = genesyscloud_routing_queue.orders.name
  }
}
