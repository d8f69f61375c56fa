import CArrow
import Foundation

/// An open Parquet file. Used by one thread at a time.
public final class ParquetReader {
  /// The size of a row group.
  public struct RowGroup: Equatable, Sendable {
    public let rows: Int
    /// Compressed, over all columns.
    public let bytes: Int
  }

  public let path: String
  public let fields: [Field]
  public let rowGroups: [RowGroup]
  public let rows: Int
  /// The size of the file.
  public let bytes: Int

  private let handle: OpaquePointer

  /// Opens the file and reads its footer.
  public init(path: String) throws(StorageError) {
    var opened: OpaquePointer?
    try checked(path: path) { carrow_reader_open(path, &opened, $0) }
    guard let handle = opened else { throw StorageError(.fatal, path: path, "no reader") }
    do {
      self.fields = try Self.fields(of: handle, path: path)
    } catch {
      carrow_reader_close(handle)
      throw error
    }
    self.path = path
    self.handle = handle
    rows = Int(carrow_reader_rows(handle))
    bytes = Int(carrow_reader_bytes(handle))
    rowGroups = (0..<carrow_reader_row_groups(handle)).map { group in
      RowGroup(
        rows: Int(carrow_reader_row_group_rows(handle, group)),
        bytes: Int(carrow_reader_row_group_bytes(handle, group)))
    }
  }

  deinit {
    carrow_reader_close(handle)
  }

  private static func fields(of handle: OpaquePointer, path: String) throws(StorageError) -> [Field] {
    var schema = ArrowSchema()
    try checked(path: path) { carrow_reader_schema(handle, &schema, $0) }
    defer { schema.release?(&schema) }
    return (0..<Int(schema.n_children)).compactMap { index in
      schema.children[index].map { Field($0.pointee) }
    }
  }

  /// The Thrift bytes of the footer, without its length and the magic. Their hash tells whether a file has changed.
  public func footer() throws(StorageError) -> Data {
    var bytes: UnsafePointer<UInt8>?
    var count: Int64 = 0
    try checked(path: path) { carrow_reader_footer(handle, &bytes, &count, $0) }
    return Data(UnsafeBufferPointer(start: bytes, count: Int(count)))
  }

  /// What the footer says of a column, over all row groups.
  public func statistics(of column: String) throws(StorageError) -> ColumnStatistics {
    var raw = carrow_statistics()
    let position = try self.position(of: column)
    try checked(path: path) { carrow_reader_statistics(handle, position, &raw, $0) }
    return ColumnStatistics(raw)
  }

  /// What the footer says of a column in one row group.
  public func statistics(of column: String, rowGroup: Int) throws(StorageError) -> ColumnStatistics {
    var raw = carrow_statistics()
    let position = try self.position(of: column)
    try checked(path: path) {
      carrow_reader_row_group_statistics(handle, Int32(rowGroup), position, &raw, $0)
    }
    return ColumnStatistics(raw)
  }

  /// Reads some columns of a row group in batches of `batchRows` rows; the last one may be shorter.
  ///
  /// The batches' columns come in the file's order. Texts of the columns in `dictionaries` come as dictionaries.
  public func scan(
    rowGroup: Int, columns: [String], dictionaries: Set<String> = [], batchRows: Int
  ) throws(StorageError) -> ParquetScan {
    try scan(rowGroups: [rowGroup], columns: columns, dictionaries: dictionaries, batchRows: batchRows)
  }

  /// The same over several row groups, as one sequence of rows: batches may span them.
  public func scan(
    rowGroups: [Int], columns: [String], dictionaries: Set<String> = [], batchRows: Int
  ) throws(StorageError) -> ParquetScan {
    var projections: [carrow_projection] = []
    for column in Set(columns).sorted() {
      projections.append(
        carrow_projection(
          field: try position(of: column), dictionary: dictionaries.contains(column)))
    }
    projections.sort { $0.field < $1.field }
    return try ParquetScan(self, handle, rowGroups.map(Int32.init), projections, batchRows: batchRows)
  }

  private func position(of column: String) throws(StorageError) -> Int32 {
    guard let position = fields.firstIndex(where: { $0.name == column }) else {
      let names = fields.map { "`\($0.name)`" }.joined(separator: ", ")
      throw StorageError(.data, path: path, "there is no column `\(column)`; it has \(names)")
    }
    return Int32(position)
  }
}

/// One pass over row groups.
public final class ParquetScan {
  private let reader: ParquetReader
  private let handle: OpaquePointer

  fileprivate init(
    _ reader: ParquetReader, _ readerHandle: OpaquePointer, _ rowGroups: [Int32],
    _ projections: [carrow_projection], batchRows: Int
  ) throws(StorageError) {
    var opened: OpaquePointer?
    try checked(path: reader.path) {
      carrow_scan_open(
        readerHandle, rowGroups, Int32(rowGroups.count), projections, Int32(projections.count),
        Int64(batchRows), &opened, $0)
    }
    guard let handle = opened else { throw StorageError(.fatal, path: reader.path, "no scan") }
    self.reader = reader
    self.handle = handle
  }

  deinit {
    carrow_scan_close(handle)
  }

  /// The next batch, or nil after the last.
  public func next() throws(StorageError) -> RecordBatch? {
    var array = ArrowArray()
    var schema = ArrowSchema()
    try checked(path: reader.path) { carrow_scan_next(handle, &array, &schema, $0) }
    guard array.release != nil else { return nil }
    return RecordBatch(takingOver: array, schema)
  }
}
