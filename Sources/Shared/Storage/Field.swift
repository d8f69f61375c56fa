import CArrow

/// The type of a column: Arrow's types, as far as tables of features and predictions need them.
public indirect enum ColumnType: Equatable, Sendable {
  case boolean
  case int8, int16, int32, int64
  case uint8, uint16, uint32, uint64
  case float16, float32, float64
  case string, largeString
  case binary, largeBinary
  /// Days since 1970-01-01, an Int32.
  case date32
  /// An Int64; `unit` is one of `s`, `m` (milli), `u` (micro), `n` (nano); `timezone` may be empty.
  case timestamp(unit: Character, timezone: String)
  /// Integer positions in a column of distinct values.
  case dictionary(index: ColumnType, values: ColumnType)
  /// A list a row, each of its own length.
  case list(ColumnType), largeList(ColumnType)
  /// A list of `size` values a row.
  case fixedSizeList(ColumnType, size: Int)
  /// A type that is not read here; `format` is its string in the Arrow C data interface.
  case other(format: String)

  private static let simple: [(String, ColumnType, String)] = [
    ("b", .boolean, "boolean"), ("c", .int8, "int8"), ("C", .uint8, "uint8"),
    ("s", .int16, "int16"), ("S", .uint16, "uint16"), ("i", .int32, "int32"),
    ("I", .uint32, "uint32"), ("l", .int64, "int64"), ("L", .uint64, "uint64"),
    ("e", .float16, "float16"), ("f", .float32, "float32"), ("g", .float64, "float64"),
    ("u", .string, "string"), ("U", .largeString, "large_string"),
    ("z", .binary, "binary"), ("Z", .largeBinary, "large_binary"), ("tdD", .date32, "date32"),
  ]

  /// The type with the given name, as in `OutputField.type` and messages; nil for parametric types other than lists.
  public init?(name: String) {
    if name.hasPrefix("list<"), name.hasSuffix(">") {
      guard let element = ColumnType(name: String(name.dropFirst(5).dropLast())) else { return nil }
      self = .list(element)
      return
    }
    guard let entry = Self.simple.first(where: { $0.2 == name }) else { return nil }
    self = entry.1
  }

  init(format: String) {
    if let entry = Self.simple.first(where: { $0.0 == format }) {
      self = entry.1
    } else if format.hasPrefix("ts"), let unit = format.dropFirst(2).first {
      self = .timestamp(unit: unit, timezone: String(format.dropFirst(4)))
    } else {
      self = .other(format: format)
    }
  }

  init(_ schema: ArrowSchema) {
    let type = ColumnType(format: schema.format.map { String(cString: $0) } ?? "")
    if let dictionary = schema.dictionary {
      self = .dictionary(index: type, values: ColumnType(dictionary.pointee))
    } else if schema.n_children == 1, let child = schema.children[0] {
      self = ColumnType(listFormat: type.format, of: ColumnType(child.pointee)) ?? type
    } else {
      self = type
    }
  }

  private init?(listFormat format: String, of element: ColumnType) {
    switch format {
    case "+l": self = .list(element)
    case "+L": self = .largeList(element)
    default:
      guard format.hasPrefix("+w:"), let size = Int(format.dropFirst(3)) else { return nil }
      self = .fixedSizeList(element, size: size)
    }
  }

  /// The string of the Arrow C data interface.
  var format: String {
    switch self {
    case .timestamp(let unit, let timezone): "ts\(unit):\(timezone)"
    case .dictionary(let index, _): index.format
    case .list: "+l"
    case .largeList: "+L"
    case .fixedSizeList(_, let size): "+w:\(size)"
    case .other(let format): format
    default: Self.simple.first { $0.1 == self }?.0 ?? ""
    }
  }

  /// Arrow's name of the type.
  public var name: String {
    switch self {
    case .timestamp(let unit, let timezone):
      "timestamp[\(unit == "s" ? "s" : "\(unit)s")\(timezone.isEmpty ? "" : ", tz=\(timezone)")]"
    case .dictionary(_, let values): "dictionary<\(values.name)>"
    case .list(let element): "list<\(element.name)>"
    case .largeList(let element): "large_list<\(element.name)>"
    case .fixedSizeList(let element, let size): "fixed_size_list<\(element.name)>[\(size)]"
    case .other(let format): "type \(format)"
    default: Self.simple.first { $0.1 == self }?.2 ?? ""
    }
  }

  /// Bytes a value, for the types whose values all have the same size in whole bytes.
  var width: Int? {
    switch self {
    case .int8, .uint8: 1
    case .int16, .uint16, .float16: 2
    case .int32, .uint32, .float32, .date32: 4
    case .int64, .uint64, .float64, .timestamp: 8
    case .dictionary(let index, _): index.width
    default: nil
    }
  }

  /// Whether values can be read as numbers.
  public var isNumeric: Bool {
    switch self {
    case .boolean, .date32, .timestamp: true
    case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64: true
    case .float16, .float32, .float64: true
    default: false
    }
  }

  /// Whether values are texts, directly or through a dictionary.
  public var isText: Bool {
    switch self {
    case .string, .largeString: true
    case .dictionary(_, let values): values.isText
    default: false
    }
  }
}

/// A column's name and type.
public struct Field: Equatable, Sendable {
  public var name: String
  public var type: ColumnType
  public var nullable: Bool

  public init(_ name: String, _ type: ColumnType, nullable: Bool = true) {
    self.name = name
    self.type = type
    self.nullable = nullable
  }

  init(_ schema: ArrowSchema) {
    name = schema.name.map { String(cString: $0) } ?? ""
    type = ColumnType(schema)
    nullable = schema.flags & Int64(ARROW_FLAG_NULLABLE) != 0
  }
}

extension ColumnType {
  /// The type of a list's values; nil for other types.
  public var element: ColumnType? {
    switch self {
    case .list(let element), .largeList(let element), .fixedSizeList(let element, _): element
    default: nil
    }
  }

  /// Whether values can be NaN.
  public var isFloating: Bool {
    switch self {
    case .float16, .float32, .float64: true
    default: false
    }
  }
}
