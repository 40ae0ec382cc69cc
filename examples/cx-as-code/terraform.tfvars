orders_url = "https://orders.example.com"
