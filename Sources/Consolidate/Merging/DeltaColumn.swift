import DeltaLog
import RunFiles
import Storage

/// How columns of Parquet files appear in a Delta table.
enum DeltaColumn {
  private static let types: [String: DataType] = [
    "string": .string, "float32": .float, "float64": .double, "int32": .integer, "int64": .long,
    "boolean": .boolean, "date32": .date, "timestamp[us, tz=UTC]": .timestamp,
  ]

  /// - Throws: `unsupportedType`: unsigned and half-precision numbers, for instance, have no Delta type.
  static func type(of column: OutputField) throws(ConsolidateError) -> DataType {
    if let type = types[column.type] { return type }
    guard column.type.hasPrefix("list<"), let element = types[String(column.type.dropFirst(5).dropLast())] else {
      throw .unsupportedType(column: column.name, type: column.type)
    }
    return .other(
      .object([
        "type": .string("array"), "elementType": element.json, "containsNull": .bool(true),
      ]))
  }

  /// The statistics of a file's column.
  ///
  /// - Parameter hasNaN: Parquet's bounds pass over NaN, while engines sort it last or first: no bounds then.
  static func statistics(
    _ footer: Storage.ColumnStatistics, type: Storage.ColumnType, hasNaN: Bool
  ) -> FileStatistics.Column? {
    guard let nullCount = footer.nullCount else { return nil }
    guard !hasNaN, let least = footer.minimum, let greatest = footer.maximum,
      let lower = bound(least, type), let upper = bound(greatest, type)
    else { return FileStatistics.Column(nullCount: nullCount) }
    return FileStatistics.Column(nullCount: nullCount, bounds: .init(lower, upper))
  }

  private static func bound(
    _ bound: Storage.ColumnStatistics.Bound, _ type: Storage.ColumnType
  ) -> FileStatistics.Bound? {
    switch (bound, type) {
    case (.integer(let value), .date32): .date(Int(value))
    case (.integer(let value), .timestamp): .timestamp(Int(value))
    case (.integer(let value), _): .integer(Int(value))
    case (.real(let value), .float32): .float(Float(value))
    case (.real(let value), _): .double(value)
    case (.text(let value), _): .string(value)
    // Delta keeps no bounds of booleans.
    case (.boolean, _): nil
    }
  }
}
