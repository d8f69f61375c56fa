/// How much is read before an input is refused, so that no file can exhaust time or memory.
public struct ReadingLimits: Sendable {
  public var bytes = 1 << 20
  /// Lists and objects inside one another.
  public var depth = 64
  /// In all documents of a file, aliases counted as often as they are used.
  public var nodes = 100_000
  public var aliases = 100
  /// Text after aliases are replaced.
  public var expandedBytes = 4 << 20
  /// `%TAG` lines: libyaml compares each with all before it.
  public var directives = 100

  public init() {}
}
