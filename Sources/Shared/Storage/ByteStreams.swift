import CArrow

/// The bytes of a local file, of an `s3://bucket/key` or of a file in memory. Used by one thread at a time.
public final class ByteInput {
  public let path: String
  public let bytes: Int
  private let handle: OpaquePointer

  public init(path: String) throws(StorageError) {
    var opened: OpaquePointer?
    try checked(path: path) { carrow_input_open(path, &opened, $0) }
    guard let handle = opened else { throw StorageError(.fatal, path: path, "no input") }
    self.path = path
    self.handle = handle
    bytes = Int(carrow_input_bytes(handle))
  }

  /// Takes over what the shim opened.
  init(path: String, handle: OpaquePointer) {
    self.path = path
    self.handle = handle
    bytes = Int(carrow_input_bytes(handle))
  }

  deinit {
    carrow_input_close(handle)
  }

  /// Fills a buffer from `offset` on. An end that comes too early is an error.
  public func read(_ offset: Int, into target: UnsafeMutableRawBufferPointer) throws(StorageError) {
    guard let base = target.baseAddress else { return }
    try checked(path: path) {
      carrow_input_read(
        handle, Int64(offset), Int64(target.count), base.assumingMemoryBound(to: UInt8.self), $0)
    }
  }

  /// The bytes in `range`.
  public func read(_ range: Range<Int>) throws(StorageError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    var failure: StorageError?
    bytes.withUnsafeMutableBytes { target in
      do throws(StorageError) {
        try read(range.lowerBound, into: target)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }
}

/// A local file or an `s3://bucket/key` that is being written. An object that is not finished never appears.
public final class ByteOutput {
  public let path: String
  /// Bytes written so far.
  public private(set) var count = 0
  private let handle: OpaquePointer

  public init(path: String) throws(StorageError) {
    var opened: OpaquePointer?
    try checked(path: path) { carrow_output_open(path, &opened, $0) }
    guard let handle = opened else { throw StorageError(.fatal, path: path, "no output") }
    self.path = path
    self.handle = handle
  }

  deinit {
    carrow_output_close(handle)
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws(StorageError) {
    guard let base = bytes.baseAddress else { return }
    try checked(path: path) {
      carrow_output_write(handle, base.assumingMemoryBound(to: UInt8.self), Int64(bytes.count), $0)
    }
    count += bytes.count
  }

  /// Completes the file and closes it. A local file is not synced to disk.
  public func finish() throws(StorageError) {
    try checked(path: path) { carrow_output_finish(handle, $0) }
  }
}

/// Object stores, as Arrow reaches them.
public enum ObjectStores {
  /// Where `s3://` paths lead from here on.
  ///
  /// - Parameters:
  ///   - endpoint: `host:port` of a store other than Amazon's.
  ///   - scheme: `http` or `https`.
  public static func configureS3(region: String, endpoint: String?, scheme: String?) throws(StorageError) {
    try checked(path: "s3") { carrow_configure_s3(region, endpoint, scheme, $0) }
  }

  /// The keys of all objects below `s3://bucket/prefix`, relative to it, sorted by their bytes.
  public static func keys(below root: String) throws(StorageError) -> [String] {
    var listed: OpaquePointer?
    try checked(path: root) { carrow_list(root, &listed, $0) }
    guard let listed else { return [] }
    defer { carrow_text_free(listed) }
    let bytes = UnsafeRawBufferPointer(start: carrow_text_bytes(listed), count: Int(carrow_text_count(listed)))
    return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Must be called once at a program's end, after every reader and writer of an object is gone.
  public static func shutDown() { carrow_finalize() }
}
