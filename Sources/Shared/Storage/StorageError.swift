import CArrow

/// Why a Parquet file could not be read or written.
public struct StorageError: Error, Equatable {
  /// What the error means for the one who might try again.
  public enum Category: Sendable {
    /// The file's content is wrong: the same file fails again.
    case data
    case missing
    case outOfMemory
    /// The operating system refused; it may pass.
    case transient
    /// A fault of this program.
    case fatal
  }

  public let category: Category
  public let path: String
  /// One sentence that names the file and, where known, the row group and the column.
  public let message: String

  init(_ category: Category, path: String, _ message: String) {
    self.category = category
    self.path = path
    self.message = "\(path): \(message)"
  }

  init(_ error: carrow_error, path: String) {
    let text = withUnsafeBytes(of: error.message) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    self.init(Category(error.category), path: path, text)
  }
}

extension StorageError.Category {
  fileprivate init(_ code: Int32) {
    switch code {
    case Int32(CARROW_DATA.rawValue): self = .data
    case Int32(CARROW_MISSING.rawValue): self = .missing
    case Int32(CARROW_OUT_OF_MEMORY.rawValue): self = .outOfMemory
    case Int32(CARROW_TRANSIENT.rawValue): self = .transient
    default: self = .fatal
    }
  }
}

/// Calls a function of the shim and turns its error into a Swift one.
func checked(
  path: String, _ call: (UnsafeMutablePointer<carrow_error>) -> Int32
) throws(StorageError) {
  var error = carrow_error()
  guard call(&error) == 0 else { throw StorageError(error, path: path) }
}
