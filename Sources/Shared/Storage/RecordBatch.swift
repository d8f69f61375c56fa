import CArrow

/// Some rows of a table: columns of equal length.
public struct RecordBatch: Sendable {
  public let rows: Int
  public let columns: [Column]

  /// Fails when the columns differ in length or there are none.
  public init(_ columns: [Column]) throws(StorageError) {
    guard let first = columns.first else {
      throw StorageError(.fatal, path: "record batch", "there are no columns")
    }
    for column in columns where column.rows != first.rows {
      throw StorageError(
        .fatal, path: "record batch",
        "`\(column.name)` has \(column.rows) rows, `\(first.name)` has \(first.rows)")
    }
    self.init(rows: first.rows, columns: columns)
  }

  private init(rows: Int, columns: [Column]) {
    self.rows = rows
    self.columns = columns
  }

  /// Takes over a struct array and its schema from the shim.
  init(takingOver array: ArrowArray, _ schema: ArrowSchema) {
    let memory = ImportedMemory(array: array, schema: schema)
    let children = (0..<Int(schema.n_children)).compactMap { index -> Column? in
      guard let child = array.children[index], let field = schema.children[index] else { return nil }
      return Column(field: Field(field.pointee), array: child, owner: memory)
    }
    self.init(rows: Int(array.length), columns: children)
  }

  /// The same rows with further columns, which must be as long.
  public func adding(_ more: [Column]) throws(StorageError) -> RecordBatch {
    more.isEmpty ? self : try RecordBatch(columns + more)
  }

  public var fields: [Field] { columns.map(\.field) }

  /// The column called `name`.
  public subscript(name: String) -> Column? {
    columns.first { $0.name == name }
  }

  /// Bytes of the values, without what Arrow keeps beside them.
  public var byteCount: Int {
    columns.reduce(0) { $0 + $1.byteCount }
  }

  /// The rows in `range`, without copying.
  public subscript(range: Range<Int>) -> RecordBatch {
    RecordBatch(rows: range.count, columns: columns.map { $0[range] })
  }
}

/// Memory that Arrow C++ handed over; released with the last column over it.
private final class ImportedMemory: @unchecked Sendable {
  // Sendable: Arrow's release callbacks may be called on any thread, and the memory is only read.

  private var array: ArrowArray
  private var schema: ArrowSchema

  init(array: ArrowArray, schema: ArrowSchema) {
    self.array = array
    self.schema = schema
  }

  deinit {
    array.release?(&array)
    schema.release?(&schema)
  }
}
