import Storage

/// The rows of a file in batches, in their order.
enum BatchStream {
  /// Rows held in memory at a time. Fixed, because equal batches are what makes equal bytes.
  static let batchRows = 1 << 16

  /// Calls `body` with each batch of the row groups, which are read as one sequence of rows.
  static func read(
    _ reader: ParquetReader, rowGroups: [Int]? = nil, columns: [String]? = nil,
    _ body: (RecordBatch) throws -> Void
  ) throws {
    let groups = rowGroups ?? Array(reader.rowGroups.indices)
    guard !groups.isEmpty else { return }
    let scan = try reader.scan(
      rowGroups: groups, columns: columns ?? reader.fields.map(\.name), batchRows: batchRows)
    while let batch = try scan.next() { try body(batch) }
  }

  /// All rows of a file.
  static func read(_ path: String, columns: [String]? = nil, _ body: (RecordBatch) throws -> Void) throws {
    try read(try ParquetReader(path: path), columns: columns, body)
  }
}
