/// Joins row groups of Parquet files into one file without decoding them: their pages are copied, and footer and page
/// index say where they lie now.
///
/// The bytes depend on the sources alone.
public struct ParquetConcatenation {
  public struct Source: Equatable, Sendable {
    public let path: String
    public let rowGroup: Int

    public init(path: String, rowGroup: Int) {
      self.path = path
      self.rowGroup = rowGroup
    }
  }

  private let template: ParquetFooter
  private let groups: [ParquetRowGroup]
  public let rows: Int

  /// - Returns: nil when the row groups cannot go into one file as they are: they differ in schema or writer, are not
  ///   zstd, or have no page index.
  public init?(_ sources: [Source]) throws(StorageError) {
    var footers: [String: ParquetFooter] = [:]
    var groups: [ParquetRowGroup] = []
    var first: ParquetFooter?
    for source in sources {
      let footer: ParquetFooter
      if let known = footers[source.path] { footer = known } else { footer = try ParquetFooter(path: source.path) }
      footers[source.path] = footer
      guard first == nil || first?.shape == footer.shape, let group = ParquetRowGroup(footer, source.rowGroup)
      else { return nil }
      first = first ?? footer
      groups.append(group)
    }
    guard let first else { return nil }
    template = first
    self.groups = groups
    rows = groups.reduce(0) { $0 + $1.rows }
  }

  /// Writes the file. It is not synced to disk.
  ///
  /// - Parameter observe: sees every byte of the file, in order.
  public func write(
    to path: String, observe: @escaping (UnsafeRawBufferPointer) -> Void
  ) throws(StorageError) {
    let joined = try ParquetJoiner(path: path, observe: observe)
    for group in groups { try joined.append(group, of: template) }
    try joined.finish()
  }
}
