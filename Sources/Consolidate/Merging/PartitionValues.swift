import DeltaLog
import Storage

/// Reads partition values out of rows.
struct PartitionValues: Sendable {
  /// How Hive calls the directory of null.
  private static let null = "__HIVE_DEFAULT_PARTITION__"

  let columns: [Batch.DataColumn]

  /// The rows of a batch by their values' text as Delta writes it, nil for null.
  struct Groups {
    /// Of each group, in the order in which they appear.
    var values: [[String?]]
    /// For each row its group.
    var codes: [Int]

    /// Of each group, in their order.
    var rows: [[Int64]] {
      var rows = [[Int64]](repeating: [], count: values.count)
      for (row, code) in codes.enumerated() { rows[code].append(Int64(row)) }
      return rows
    }
  }

  func groups(of batch: RecordBatch) -> Groups {
    var groups = Groups(values: [[]], codes: Array(repeating: 0, count: batch.rows))
    for column in columns {
      let (values, codes) =
        batch[column.name].map { Self.texts($0, column.type) } ?? (values: [nil], codes: groups.codes.map { _ in 0 })
      var coder = Coder<Int>()
      let combined = groups.codes.indices.map { coder.code(of: groups.codes[$0] * values.count + codes[$0]) }
      groups.values = coder.values.map { groups.values[$0 / values.count] + [values[$0 % values.count]] }
      groups.codes = combined
    }
    return groups
  }

  /// For each row the values' text.
  func texts(of batch: RecordBatch) -> [[String?]] {
    let groups = groups(of: batch)
    return groups.codes.map { groups.values[$0] }
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

  /// The distinct texts of a column, and for each row which of them it has.
  private static func texts(_ column: Column, _ type: DataType) -> (values: [String?], codes: [Int]) {
    guard type != .string else {
      var coder = Coder<String?>()
      // An empty text is null in a Delta log; there is no way to tell them apart.
      let codes = (0..<column.rows).map { row in
        coder.code(of: column.text(row).flatMap { $0.isEmpty ? nil : $0 })
      }
      return (coder.values, codes)
    }
    var coder = Coder<Int?>()
    let codes = (0..<column.rows).map { coder.code(of: column.integer($0)) }
    return (coder.values.map { $0.map { text($0, type) } }, codes)
  }

  private static func text(_ value: Int, _ type: DataType) -> String {
    switch type {
    case .date: CalendarText.date(days: value)
    case .boolean: value == 0 ? "false" : "true"
    default: String(value)
    }
  }
}

/// Numbers distinct values in the order in which they come.
private struct Coder<Value: Hashable> {
  private(set) var values: [Value] = []
  private var codes: [Value: Int] = [:]

  mutating func code(of value: Value) -> Int {
    if let code = codes[value] { return code }
    codes[value] = values.count
    values.append(value)
    return values.count - 1
  }
}
