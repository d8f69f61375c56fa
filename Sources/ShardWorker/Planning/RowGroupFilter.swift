import RunFiles
import Storage

/// What `--where` says: conditions that all must hold, by which whole row groups are left out when their
/// statistics show that no row can meet them. Rows are not filtered.
///
///     date >= '2013-07-01' and origin in ('JFK', 'LGA') and dep_delay > 15 and tailnum is not null
struct RowGroupFilter: Sendable {
  enum Comparison: String, CaseIterable, Sendable {
    case atMost = "<=", atLeast = ">=", unequal = "!=", below = "<", above = ">", equal = "="
  }

  enum Literal: Equatable, Sendable {
    case integer(Int64)
    case real(Double)
    case text(String)
    case boolean(Bool)
  }

  enum Test: Equatable, Sendable {
    case compare(Comparison, Literal)
    case oneOf([Literal])
    case isNull
    case isNotNull
  }

  struct Condition: Equatable, Sendable {
    let column: String
    let test: Test
  }

  let text: String
  let conditions: [Condition]

  init(_ text: String) throws(WorkerError) {
    self.text = text
    var parser = FilterParser(text)
    conditions = try parser.conditions()
  }

  /// Whether some row of a row group may meet all conditions.
  func mayHold(in reader: ParquetReader, rowGroup: Int, rows: Int) throws(WorkerError) -> Bool {
    let partition = Planner.labels(inPath: reader.path)
    for condition in conditions {
      let bounds = try bounds(of: condition.column, reader, rowGroup, partition)
      if try !bounds.mayMeet(condition, rows: rows, path: reader.path) { return false }
    }
    return true
  }

  private func bounds(
    of column: String, _ reader: ParquetReader, _ rowGroup: Int, _ partition: [String: String]
  ) throws(WorkerError) -> FilterBounds {
    if let field = reader.fields.first(where: { $0.name == column }) {
      let statistics = try reportingStorage { () throws(StorageError) in
        try reader.statistics(of: column, rowGroup: rowGroup)
      }
      return FilterBounds(statistics, field)
    }
    guard let value = partition[column] else {
      throw .missingColumn(path: reader.path, column: column, purpose: "named by --where")
    }
    return FilterBounds(partitionValue: value, column)
  }
}
