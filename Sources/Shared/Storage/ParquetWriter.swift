import CArrow

/// Writes a Parquet file: zstd, data pages V1 with checksums, page index, statistics.
///
/// The same rows in the same batches give the same bytes, on the same build. The file is not synced to disk.
public final class ParquetWriter {
  /// The settings that decide the file's bytes.
  public struct Options: Equatable, Sendable {
    public var zstdLevel: Int
    /// Rows a row group; where one ends does not depend on how rows arrive.
    public var rowGroupRows: Int
    /// Columns with few distinct values, which are dictionary-encoded.
    public var dictionaryColumns: [String]

    public init(
      zstdLevel: Int = 3, rowGroupRows: Int = 1 << 20, dictionaryColumns: [String] = []
    ) {
      self.zstdLevel = zstdLevel
      self.rowGroupRows = rowGroupRows
      self.dictionaryColumns = dictionaryColumns
    }
  }

  /// What messages call a file that has no path.
  private static let memory = "a file in memory"

  public let path: String
  public let fields: [Field]
  /// Rows written so far.
  public private(set) var rows = 0

  private let handle: OpaquePointer
  private let observer: ByteObserver?

  /// - Parameters:
  ///   - path: a local file or an `s3://bucket/key`; an object appears when the writer finishes.
  ///   - observe: sees every byte of the file, in order.
  public convenience init(
    path: String, fields: [Field], options: Options = Options(),
    observe: ((UnsafeRawBufferPointer) -> Void)? = nil
  ) throws(StorageError) {
    try self.init(at: path, fields, options, observe)
  }

  /// Writes into memory; `finishInMemory` gives the file.
  public convenience init(inMemory fields: [Field], options: Options = Options()) throws(StorageError) {
    try self.init(at: nil, fields, options, nil)
  }

  private init(
    at target: String?, _ fields: [Field], _ options: Options, _ observe: ((UnsafeRawBufferPointer) -> Void)?
  ) throws(StorageError) {
    let path = target ?? Self.memory
    let observer = observe.map(ByteObserver.init)
    var schema = ExportedSchema.export(fields)
    defer { schema.release?(&schema) }
    var opened: OpaquePointer?
    try checked(path: path) { error in
      options.withRaw { raw in
        carrow_writer_open(
          target, &schema, raw, observer == nil ? nil : ByteObserver.callback,
          observer.map { Unmanaged.passUnretained($0).toOpaque() }, &opened, error)
      }
    }
    self.observer = observer
    guard let handle = opened else { throw StorageError(.fatal, path: path, "no writer") }
    self.path = path
    self.fields = fields
    self.handle = handle
  }

  deinit {
    carrow_writer_close(handle)
  }

  /// Appends rows. The batch must have the writer's columns, in their order.
  public func write(_ batch: RecordBatch) throws(StorageError) {
    guard batch.fields.map(\.name) == fields.map(\.name),
      batch.fields.map(\.type) == fields.map(\.type)
    else {
      let given = batch.fields.map { "\($0.name): \($0.type.name)" }.joined(separator: ", ")
      throw StorageError(.fatal, path: path, "a batch has other columns: \(given)")
    }
    guard batch.rows > 0 else { return }
    var array = ExportedBatch.export(batch)
    defer { array.release?(&array) }
    try checked(path: path) { carrow_writer_write(handle, &array, $0) }
    rows += batch.rows
  }

  /// Writes the footer and closes the file.
  public func finish() throws(StorageError) {
    try checked(path: path) { carrow_writer_finish(handle, $0) }
  }

  /// Writes the footer of a file in memory, and hands the file over.
  public func finishInMemory() throws(StorageError) -> ByteInput {
    var taken: OpaquePointer?
    try checked(path: path) { carrow_writer_take(handle, &taken, $0) }
    guard let taken else { throw StorageError(.fatal, path: path, "no file") }
    return ByteInput(path: path, handle: taken)
  }

  /// Writes a `_metadata` file: the row groups of `files`, each under the name it has beside the target.
  public static func writeMetadata(
    of files: [(path: String, name: String)], to target: String
  ) throws(StorageError) {
    try withCStrings(files.map(\.path)) { (paths) throws(StorageError) in
      try withCStrings(files.map(\.name)) { (names) throws(StorageError) in
        try checked(path: target) {
          carrow_write_metadata(paths.baseAddress, names.baseAddress, Int32(files.count), target, $0)
        }
      }
    }
  }
}

/// Keeps a closure that C++ calls with what it writes.
private final class ByteObserver {
  let observe: (UnsafeRawBufferPointer) -> Void

  init(_ observe: @escaping (UnsafeRawBufferPointer) -> Void) { self.observe = observe }

  static let callback: carrow_observer = { context, bytes, count in
    guard let context else { return }
    Unmanaged<ByteObserver>.fromOpaque(context).takeUnretainedValue()
      .observe(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
  }
}

extension ParquetWriter.Options {
  fileprivate func withRaw<Result>(
    _ body: (UnsafePointer<carrow_writer_options>) -> Result
  ) -> Result {
    withCStrings(dictionaryColumns) { columns in
      var raw = carrow_writer_options(
        zstd_level: Int32(zstdLevel), row_group_rows: Int64(rowGroupRows),
        dictionary_columns: columns.baseAddress, dictionary_count: Int32(columns.count))
      return body(&raw)
    }
  }
}
