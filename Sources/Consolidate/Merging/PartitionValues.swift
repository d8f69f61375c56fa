import DeltaLog
import Storage

/// Reads partition values out of rows.
struct PartitionValues {
  /// How Hive calls the directory of null.
  private static let null = "__HIVE_DEFAULT_PARTITION__"

  let columns: [Batch.DataColumn]

  /// For each row the values' text as Delta writes it, nil for null.
  func texts(of batch: RecordBatch) -> [[String?]] {
    let byColumn = columns.map { column in
      batch[column.name].map { Self.texts($0, column.type) } ?? Array(repeating: nil, count: batch.rows)
    }
    return (0..<batch.rows).map { row in byColumn.map { $0[row] } }
  }

  /// `region=eu/grade=null/`, with a slash behind each; empty without columns.
  func directory(_ values: [String?]) -> String {
    zip(columns, values).map { column, value in
      "\(column.name)=\(value.map(PercentEncoding.encode(directory:)) ?? Self.null)/"
    }.joined()
  }

  func map(_ values: [String?]) -> [String: String?] {
    Dictionary(uniqueKeysWithValues: zip(columns.map(\.name), values))
  }

  private static func texts(_ column: Column, _ type: DataType) -> [String?] {
    (0..<column.rows).map { row in
      // An empty text is null in a Delta log; there is no way to tell them apart.
      guard type != .string else { return column.text(row).flatMap { $0.isEmpty ? nil : $0 } }
      guard let value = column.integer(row) else { return nil }
      switch type {
      case .date: return CalendarText.date(days: value)
      case .boolean: return value == 0 ? "false" : "true"
      default: return String(value)
      }
    }
  }
}
