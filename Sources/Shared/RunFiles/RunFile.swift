import Foundation

/// A JSON file that programs hand to each other: versioned, written whole, checked when read.
public protocol RunFile: Codable, Sendable {
  /// The value of the key `kind`, or nil when files of this type have no such key.
  static var kind: String? { get }
  /// The value of the key `format`: the version of the file's layout.
  static var format: Int { get }
  /// Checks what types cannot say, after decoding. `tree` is the whole document.
  func validate(tree: JSONValue, path: String) throws(RunFileError)
}

extension RunFile {
  public func validate(tree: JSONValue, path: String) throws(RunFileError) {}

  /// The document as a tree, with `format` and `kind`.
  public func tree() throws(RunFileError) -> JSONValue {
    let encoded: JSONValue
    do {
      encoded = try JSONValue.encoding(self)
    } catch {
      throw .malformed(path: Self.kind ?? "file", reason: "cannot be written as JSON: \(error)")
    }
    guard case .object(var members) = encoded else { return encoded }
    members["format"] = .number(String(Self.format))
    if let kind = Self.kind { members["kind"] = .string(kind) }
    return .object(members)
  }

  /// Writes the file so that a reader finds either the whole of it or the one before.
  public func write(to path: String) throws(RunFileError) {
    try DurableFile.write(Data(try tree().fileText.utf8), to: path)
  }

  /// Writes the file unless one is there. Returns false in that case.
  public func create(at path: String) throws(RunFileError) -> Bool {
    try DurableFile.create(Data(try tree().fileText.utf8), at: path)
  }

  /// Reads and checks the file.
  public init(readingFrom path: String) throws(RunFileError) {
    try self.init(content: try Self.content(of: path), path: path)
  }

  /// Checks what was read elsewhere; `path` is for messages.
  public init(content data: Data, path: String) throws(RunFileError) {
    let tree: JSONValue
    do throws(JSONSyntaxError) {
      tree = try JSONValue(parsing: data)
    } catch {
      throw .notJSON(path: path, offset: error.offset, reason: error.reason)
    }
    try Self.checkHeader(of: tree, path: path)
    do {
      self = try JSONDecoder().decode(Self.self, from: data)
    } catch {
      throw .malformed(path: path, reason: Self.explain(error))
    }
    try validate(tree: tree, path: path)
  }

  private static func content(of path: String) throws(RunFileError) -> Data {
    guard FileManager.default.fileExists(atPath: path) else { throw .missing(path: path) }
    do {
      return try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw .system(path: path, operation: "read", reason: error.localizedDescription)
    }
  }

  private static func checkHeader(of tree: JSONValue, path: String) throws(RunFileError) {
    guard case .object = tree else { throw .malformed(path: path, reason: "not a JSON object") }
    if let kind {
      let found = tree["kind"]?.text ?? "file without `kind`"
      guard found == kind else { throw .wrongKind(path: path, expected: kind, found: found) }
    }
    guard let found = tree["format"]?.integer else {
      throw .malformed(path: path, reason: "`format` is missing or not a whole number")
    }
    guard found == format else {
      throw .unknownFormat(path: path, expected: format, found: found)
    }
  }

  private static func explain(_ error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, let context):
      "`\(joined(context.codingPath + [key]))` is missing"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      "`\(joined(context.codingPath))` has a value of the wrong type"
    case DecodingError.dataCorrupted(let context):
      "`\(joined(context.codingPath))`: \(context.debugDescription)"
    default: error.localizedDescription
    }
  }

  private static func joined(_ path: [any CodingKey]) -> String {
    path.reduce(into: "") { text, key in
      if let index = key.intValue {
        text += "[\(index)]"
      } else {
        text += (text.isEmpty ? "" : ".") + key.stringValue
      }
    }
  }
}
