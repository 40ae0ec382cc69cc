//! Amounts of money.

use super::call::bounded_list;
use super::definition::Code;
use crate::currency::currency_sign;
use crate::value::{Money, Value};
use rust_decimal::Decimal;
use std::sync::Arc;

pub(super) const CODE: &[(&str, Code)] = &[
    ("ConvertCurrency", |call| {
        let Value::Currency(money) = call.at(0) else {
            return Ok(Value::NotSet);
        };
        let rate = match call.at(2) {
            Value::NotSet => Decimal::ONE,
            _ => call.decimal(2)?,
        };
        let amount = match money.amount {
            Some(amount) => Some(amount.checked_mul(rate).ok_or("the amount is too large")?),
            None => None,
        };
        Ok(make(amount, code(call.at(1))))
    }),
    ("GetCurrencySymbol", |call| {
        let known = match call.at(0) {
            Value::Currency(money) => money.code.clone(),
            value => code(value),
        };
        let Some(known) = known else {
            return Ok(Value::NotSet);
        };
        Ok(Value::text(currency_sign(&known).unwrap_or(&known)))
    }),
    ("MakeCurrency", |call| {
        Ok(make(call.at(0).number(), code(call.at(1))))
    }),
    ("MakeListCurrency", |call| {
        let amounts = call.items(0)?;
        let codes = match call.at(1) {
            Value::Collection(codes) if codes.len() != amounts.len() => {
                let (amounts, codes) = (amounts.len(), codes.len());
                return Err(format!("{amounts} amounts and {codes} codes"));
            }
            Value::Collection(codes) => codes.to_vec(),
            one => vec![one.clone(); amounts.len()],
        };
        let items = amounts.iter().zip(&codes);
        bounded_list(
            items
                .map(|(amount, of)| make(amount.number(), code(of)))
                .collect(),
        )
    }),
    ("ToCurrency", |call| match call.at(0) {
        Value::NotSet => Ok(Value::NotSet),
        Value::Currency(money) => Ok(Value::Currency(money.clone())),
        Value::String(text) => match Money::read(text) {
            Some(money) => Ok(Value::Currency(Arc::new(money))),
            None => call.wrong(0, "an amount as 10.50|EUR"),
        },
        value => Ok(make(value.number(), None)),
    }),
];

fn make(amount: Option<Decimal>, code: Option<String>) -> Value {
    Value::Currency(Arc::new(Money { amount, code }))
}

fn code(value: &Value) -> Option<String> {
    value.to_text().map(|text| text.to_uppercase())
}
