/// One finished Parquet file of a shard's output.
public struct Part: Codable, Sendable, Equatable {
  /// Relative to the run directory.
  public var path: String
  public var rows: Int
  public var bytes: Int
  public var sha256: String

  public init(path: String, rows: Int, bytes: Int, sha256: String) {
    self.path = path
    self.rows = rows
    self.bytes = bytes
    self.sha256 = sha256
  }
}

/// The rows of a shard that could not be scored, in a file of one JSON object a line.
public struct DeadLetters: Codable, Sendable, Equatable {
  public var rows: Int
  /// Relative to the run directory; nil when there are none.
  public var path: String?
  public var sha256: String?

  public static let none = DeadLetters(rows: 0, path: nil, sha256: nil)

  enum CodingKeys: CodingKey {
    case rows, path, sha256
  }

  public init(rows: Int, path: String?, sha256: String?) {
    self.rows = rows
    self.path = path
    self.sha256 = sha256
  }

  // Written by hand so that absent values appear as `null`: the keys are part of the format.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(rows, forKey: .rows)
    try container.encode(path, forKey: .path)
    try container.encode(sha256, forKey: .sha256)
  }
}

/// A column of the output.
public struct OutputField: Codable, Sendable, Equatable {
  public var name: String
  /// One of `string`, `int32`, `int64`, `float32`, `float64`, `boolean`, ...: Arrow's names.
  public var type: String
  public var nullable: Bool

  public init(name: String, type: String, nullable: Bool) {
    self.name = name
    self.type = type
    self.nullable = nullable
  }
}
