variable "prefix" {
  type        = string
  description = "What every name begins with."
  default     = "Dev"
}

variable "orders_url" {
  type        = string
  description = "Where orders are kept."
}
