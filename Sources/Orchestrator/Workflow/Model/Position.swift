/// Where something stands in the text it was read from; lines and columns count from 1.
/// Equality ignores positions wherever they decorate a value, so two readings of one workflow are equal.
public struct Position: Hashable, Sendable {
  public var line: Int32
  public var column: Int32

  public init(line: Int, column: Int) {
    self.line = Int32(clamping: line)
    self.column = Int32(clamping: column)
  }

  /// The place of what was not read from any text.
  public static let none = Position(line: 0, column: 0)
}

/// A value with the place it was read from, kept where a later error may have to point there.
public struct Located<Wrapped: Hashable & Sendable>: Hashable, Sendable {
  public var value: Wrapped
  public var position: Position

  public init(_ value: Wrapped, at position: Position = .none) {
    self.value = value
    self.position = position
  }

  public static func == (left: Self, right: Self) -> Bool { left.value == right.value }
  public func hash(into hasher: inout Hasher) { hasher.combine(value) }
}
