/// Where the files of one run lie. All paths are joined with `/`, so that a root may be a URL.
public struct RunDirectory: Sendable, Equatable {
  public let root: String

  /// `root` may end in `/`; it is dropped, so that joined paths never hold two in a row.
  public init(_ root: String) {
    var root = root
    while root.count > 1, root.hasSuffix("/") { root.removeLast() }
    self.root = root
  }

  public var plan: String { "\(root)/plan.json" }

  /// The directory of a shard: `shard-00003`.
  public func shardDirectory(_ shard: Int) -> String {
    "\(root)/\(Self.shardName(shard))"
  }

  public func checkpoint(_ shard: Int) -> String {
    "\(shardDirectory(shard))/checkpoint.json"
  }

  public func receipt(_ shard: Int) -> String {
    "\(shardDirectory(shard))/receipt.json"
  }

  /// A part's path relative to the root: `shard-00003/part-00000-<attempt>.parquet`.
  public func relativePart(_ shard: Int, sequence: Int, attempt: String) -> String {
    "\(Self.shardName(shard))/part-\(Self.padded(sequence))-\(attempt).parquet"
  }

  /// The path of dead letters relative to the root.
  public func relativeDeadLetters(_ shard: Int, attempt: String) -> String {
    "\(Self.shardName(shard))/dead-letters-\(attempt).jsonl"
  }

  /// The full path of something named relative to the root.
  public func absolute(_ relative: String) -> String {
    "\(root)/\(relative)"
  }

  /// What `absolute` makes a path of.
  public func relative(_ path: String) -> String { String(path.dropFirst(root.count + 1)) }

  private static func shardName(_ shard: Int) -> String {
    "shard-\(padded(shard))"
  }

  private static func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }
}
