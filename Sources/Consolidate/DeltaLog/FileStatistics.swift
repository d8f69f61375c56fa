import RunFiles

/// What an `add` says about its file's rows, so that readers can skip the file.
public struct FileStatistics: Sendable, Equatable {
  public var numRecords: Int
  public var columns: [String: Column]

  public init(numRecords: Int, columns: [String: Column]) {
    self.numRecords = numRecords
    self.columns = columns
  }

  /// The nulls of a column, and between which values the others lie.
  public struct Column: Sendable, Equatable {
    public var nullCount: Int
    /// nil when there are no values, or when a NaN makes an order meaningless: engines differ in where they put it.
    public var bounds: Bounds?

    public init(nullCount: Int, bounds: Bounds? = nil) {
      self.nullCount = nullCount
      self.bounds = bounds
    }
  }

  /// The least and the greatest value of a column.
  public struct Bounds: Sendable, Equatable {
    public var lower: Bound
    public var upper: Bound

    public init(_ lower: Bound, _ upper: Bound) {
      self.lower = lower
      self.upper = upper
    }
  }

  public enum Bound: Sendable, Equatable {
    case integer(Int)
    case float(Float)
    case double(Double)
    case string(String)
    /// Days since 1970-01-01.
    case date(Int)
    /// Microseconds since 1970, UTC.
    case timestamp(Int)
  }

  /// The JSON text for `add.stats`.
  public var json: String {
    var least: [String: JSONValue] = [:]
    var greatest: [String: JSONValue] = [:]
    for (name, column) in columns {
      least[name] = column.bounds?.lower.lowerBound
      greatest[name] = column.bounds?.upper.upperBound
    }
    return JSONValue.object([
      "numRecords": .whole(numRecords), "minValues": .object(least), "maxValues": .object(greatest),
      "nullCount": .object(columns.mapValues { .whole($0.nullCount) }),
    ]).canonicalText
  }
}

extension FileStatistics.Bound {
  /// Characters of a string that go into the statistics, as in Spark (`dataSkippingStringPrefixLength`).
  static let prefixLength = 32

  /// A value that is not greater than this one; nil when JSON has none.
  var lowerBound: JSONValue? {
    switch self {
    case .string(let text): .string(Self.prefix(of: text))
    case .timestamp(let micros): .string(CalendarText.timestamp(millis: micros.floorDivided(by: 1000)))
    default: exact
    }
  }

  /// A value that is not less than this one; nil when JSON has none.
  var upperBound: JSONValue? {
    switch self {
    case .string(let text): Self.roundedUp(text).map(JSONValue.string)
    case .timestamp(let micros): .string(CalendarText.timestamp(millis: -(-micros).floorDivided(by: 1000)))
    default: exact
    }
  }

  private var exact: JSONValue? {
    switch self {
    case .integer(let value): .whole(value)
    // JSON has no infinity; a bound may always be left out.
    case .float(let value): value.isFinite ? .number("\(value)") : nil
    case .double(let value): value.isFinite ? .number("\(value)") : nil
    case .date(let days): .string(CalendarText.date(days: days))
    case .string, .timestamp: nil
    }
  }

  private static func prefix(of text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.prefix(prefixLength)))
  }

  /// The shortest text that no text with the same prefix exceeds: the last character that has a successor is raised,
  /// those behind it are dropped. Order is that of code points, which is that of UTF-8 bytes.
  private static func roundedUp(_ text: String) -> String? {
    guard text.unicodeScalars.count > prefixLength else { return text }
    var scalars = Array(text.unicodeScalars.prefix(prefixLength))
    while let last = scalars.popLast() {
      guard let next = successor(of: last) else { continue }
      scalars.append(next)
      return String(String.UnicodeScalarView(scalars))
    }
    return nil
  }

  /// The next code point that is a character: surrogates are none.
  private static func successor(of scalar: Unicode.Scalar) -> Unicode.Scalar? {
    scalar.value == 0xD7FF ? Unicode.Scalar(0xE000) : Unicode.Scalar(scalar.value + 1)
  }
}
