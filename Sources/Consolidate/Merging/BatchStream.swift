import Storage

/// The rows of parts in batches, in the order of the rows.
struct BatchStream {
  /// Rows held in memory at a time. Fixed, because equal batches are what makes equal bytes.
  static let batchRows = 1 << 16

  /// Calls `body` with each batch of a file.
  static func read(
    _ path: String, rowGroups: [Int]? = nil, columns: [String]? = nil, dictionaries: Set<String> = [],
    _ body: (RecordBatch) throws -> Void
  ) throws {
    let reader = try ParquetReader(path: path)
    for group in rowGroups ?? Array(reader.rowGroups.indices) {
      let scan = try reader.scan(
        rowGroup: group, columns: columns ?? reader.fields.map(\.name), dictionaries: dictionaries,
        batchRows: batchRows)
      while let batch = try scan.next() { try body(batch) }
    }
  }
}
