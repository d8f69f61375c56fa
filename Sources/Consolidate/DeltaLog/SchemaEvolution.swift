extension TableSchema {
  /// The schema that also has the columns of a batch: new columns are appended, as nullable.
  ///
  /// A column the batch lacks reads as null, if the table lets it be null. Names are unique without regard to
  /// case, so `Score` beside `score` is refused. No type is ever widened.
  ///
  /// - Returns: nil when the batch fits the table as it is.
  /// - Throws: `schemaMismatch` that says what is wrong with which column and names both schemas.
  public func evolved(toHold batch: TableSchema) throws(DeltaError) -> TableSchema? {
    var evolved = self
    for field in batch.fields {
      guard let known = self.field(likeNamed: field.name) else {
        evolved.fields.append(Field(field.name, field.type, metadata: field.metadata))
        continue
      }
      if let reason = known.reasonToRefuse(field) { throw mismatch(batch, reason) }
    }
    for field in fields where !field.nullable && batch.field(likeNamed: field.name) == nil {
      throw mismatch(batch, "the batch lacks column \(field.name), which may not be null")
    }
    return evolved == self ? nil : evolved
  }

  private func field(likeNamed name: String) -> Field? {
    fields.first { $0.name.lowercased() == name.lowercased() }
  }

  private func mismatch(_ batch: TableSchema, _ reason: String) -> DeltaError {
    .schemaMismatch(
      "the batch does not fit the table: \(reason)\n  table: \(self)\n  batch: \(batch)\n"
        + "  write it to a new table, or raise the schema version with a change that only adds columns")
  }
}

extension TableSchema.Field {
  fileprivate func reasonToRefuse(_ field: TableSchema.Field) -> String? {
    if field.name != name { return "column \(field.name) differs from \(name) only by case" }
    if field.type != type { return "column \(name) is \(type) in the table and \(field.type) in the batch" }
    if field.nullable && !nullable { return "column \(name) may be null in the batch, not in the table" }
    return nil
  }
}
