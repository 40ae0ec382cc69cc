//! Values as PostgreSQL's types.

use super::translate;
use crate::backend::Value;
use crate::error::StoreResult;
use tokio_postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};

pub(super) fn row_values(row: &tokio_postgres::Row) -> StoreResult<Vec<Value>> {
    let value = |i: usize, ty: &Type| -> Result<Value, tokio_postgres::Error> {
        Ok(match *ty {
            Type::INT8 => row.try_get::<_, Option<i64>>(i)?.into(),
            Type::INT4 => row.try_get::<_, Option<i32>>(i)?.map(i64::from).into(),
            Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(i)?.into(),
            _ => row.try_get::<_, Option<String>>(i)?.into(),
        })
    };
    let values: Result<Vec<Value>, _> = row
        .columns()
        .iter()
        .enumerate()
        .map(|(i, c)| value(i, c.type_()))
        .collect();
    values.map_err(|e| translate(&e))
}

impl ToSql for Value {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(n) if *ty == Type::INT4 => i32::try_from(*n)?.to_sql(ty, out),
            Self::Int(n) => n.to_sql_checked(ty, out),
            Self::Text(text) => text.to_sql_checked(ty, out),
            Self::Bytes(bytes) => bytes.to_sql_checked(ty, out),
        }
    }

    fn accepts(_ty: &Type) -> bool {
        true // each value checks its own
    }

    to_sql_checked!();
}
