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

  /// A row group on its way.
  private struct Group {
    let input: ByteInput
    let fields: ThriftStruct
    let chunks: [ParquetColumnChunk]
  }

  private let template: ThriftStruct
  private let groups: [Group]
  public let rows: Int

  /// - Returns: nil when the row groups cannot go into one file as they are: they differ in schema or writer, are not
  ///   zstd, or have no page index.
  public init?(_ sources: [Source]) throws(StorageError) {
    var footers: [String: ParquetFooter] = [:]
    var groups: [Group] = []
    var first: ParquetFooter?
    for source in sources {
      let footer: ParquetFooter
      if let known = footers[source.path] { footer = known } else { footer = try ParquetFooter(path: source.path) }
      footers[source.path] = footer
      guard first == nil || first?.shape == footer.shape, footer.rowGroups.indices.contains(source.rowGroup),
        let group = Self.group(footer, source.rowGroup)
      else { return nil }
      first = first ?? footer
      groups.append(group)
    }
    guard let first else { return nil }
    template = first.metadata
    self.groups = groups
    rows = groups.reduce(0) { $0 + ($1.fields[3]?.integer ?? 0) }
  }

  private static func group(_ footer: ParquetFooter, _ index: Int) -> Group? {
    let fields = footer.rowGroups[index]
    guard let columns = fields[1]?.elements else { return nil }
    let chunks = columns.compactMap(ParquetColumnChunk.init)
    guard chunks.count == columns.count, !chunks.isEmpty else { return nil }
    return Group(input: footer.input, fields: fields, chunks: chunks)
  }

  /// Writes the file. It is not synced to disk.
  ///
  /// - Parameter observe: sees every byte of the file, in order.
  public func write(
    to path: String, observe: @escaping (UnsafeRawBufferPointer) -> Void
  ) throws(StorageError) {
    let target = Target(output: try ByteOutput(path: path), observe: observe)
    try target.write(Array("PAR1".utf8))
    var moved: [[Int]] = []
    for group in groups { moved.append(try copyPages(of: group, to: target)) }
    var columnIndexes: [[Int]] = []
    for group in groups { columnIndexes.append(try copyColumnIndexes(of: group, to: target)) }
    var offsetIndexes: [[Range<Int>]] = []
    for (group, deltas) in zip(groups, moved) {
      offsetIndexes.append(try writeOffsetIndexes(of: group, deltas, to: target))
    }
    let described = groups.indices.map { index in
      describe(groups[index], index, moved[index], columnIndexes[index], offsetIndexes[index])
    }
    try target.write(footer(described))
    try target.output.finish()
  }

  /// - Returns: by how much each column's pages moved.
  private func copyPages(of group: Group, to target: Target) throws(StorageError) -> [Int] {
    var deltas: [Int] = []
    for chunk in group.chunks {
      deltas.append(target.output.count - chunk.pages.lowerBound)
      try target.copy(chunk.pages, from: group.input)
    }
    return deltas
  }

  private func copyColumnIndexes(of group: Group, to target: Target) throws(StorageError) -> [Int] {
    var offsets: [Int] = []
    for chunk in group.chunks {
      offsets.append(target.output.count)
      try target.copy(chunk.columnIndex, from: group.input)
    }
    return offsets
  }

  /// Offset indexes name pages by their place in the file (OffsetIndex 1 page locations; PageLocation 1 offset).
  private func writeOffsetIndexes(
    of group: Group, _ deltas: [Int], to target: Target
  ) throws(StorageError) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    for (chunk, delta) in zip(group.chunks, deltas) {
      var reader = ThriftReader(try group.input.read(chunk.offsetIndex))
      var index: ThriftStruct
      do throws(ThriftError) {
        index = try reader.structure()
      } catch {
        throw StorageError(.data, path: group.input.path, "a page index is damaged at byte \(error.offset)")
      }
      if case .list(let kind, let isSet, let pages)? = index[1] {
        index.set(1, .list(kind: kind, isSet: isSet, pages.map { Self.shifted($0, delta) }))
      }
      var writer = ThriftWriter()
      writer.write(index)
      let start = target.output.count
      try target.write(writer.bytes)
      ranges.append(start..<target.output.count)
    }
    return ranges
  }

  private static func shifted(_ page: ThriftValue, _ delta: Int) -> ThriftValue {
    guard case .structure(var location) = page else { return page }
    location.shift(1, by: delta)
    return .structure(location)
  }

  private func describe(
    _ group: Group, _ ordinal: Int, _ deltas: [Int], _ columnIndexes: [Int], _ offsetIndexes: [Range<Int>]
  ) -> ThriftValue {
    let columns = group.chunks.indices.map { index in
      Self.describe(group.chunks[index], deltas[index], columnIndexes[index], offsetIndexes[index])
    }
    var fields = group.fields
    fields.set(1, .list(kind: 12, isSet: false, columns))
    let start = group.chunks[0].pages.lowerBound + deltas[0]
    fields.set(5, .integer(kind: 6, Int64(start)))
    // Ordinals are 16 bits wide and may be left out.
    fields.remove(7)
    if let ordinal = Int16(exactly: ordinal) { fields.set(7, .integer(kind: 4, Int64(ordinal))) }
    return .structure(fields)
  }

  private static func describe(
    _ chunk: ParquetColumnChunk, _ delta: Int, _ columnIndex: Int, _ offsetIndex: Range<Int>
  ) -> ThriftValue {
    var metadata = chunk.metadata
    for field in [9, 10, 11] { metadata.shift(field, by: delta) }
    // Bloom filters lie outside the pages and are not copied.
    metadata.remove(14)
    metadata.remove(15)
    var fields = chunk.fields
    if fields[2]?.integer != 0 { fields.shift(2, by: delta) }
    fields.set(3, .structure(metadata))
    fields.set(4, .integer(kind: 6, Int64(offsetIndex.lowerBound)))
    fields.set(5, .integer(kind: 5, Int64(offsetIndex.count)))
    fields.set(6, .integer(kind: 6, Int64(columnIndex)))
    return .structure(fields)
  }

  private func footer(_ groups: [ThriftValue]) -> [UInt8] {
    var metadata = template
    metadata.set(3, .integer(kind: 6, Int64(rows)))
    metadata.set(4, .list(kind: 12, isSet: false, groups))
    var writer = ThriftWriter()
    writer.write(metadata)
    let length = UInt32(writer.bytes.count)
    return writer.bytes + (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * UInt32($0))) } + Array("PAR1".utf8)
  }
}

/// A file that is written while someone watches.
private final class Target {
  let output: ByteOutput
  private let observe: (UnsafeRawBufferPointer) -> Void
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 << 20, alignment: 64)

  init(output: ByteOutput, observe: @escaping (UnsafeRawBufferPointer) -> Void) {
    self.output = output
    self.observe = observe
  }

  deinit { buffer.deallocate() }

  func write(_ bytes: [UInt8]) throws(StorageError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = min(rest.count, buffer.count)
      buffer.copyBytes(from: rest.prefix(count))
      try writeBuffer(count)
      rest = rest.dropFirst(count)
    }
  }

  func copy(_ range: Range<Int>, from input: ByteInput) throws(StorageError) {
    var position = range.lowerBound
    while position < range.upperBound {
      let count = min(buffer.count, range.upperBound - position)
      try input.read(position, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
      try writeBuffer(count)
      position += count
    }
  }

  private func writeBuffer(_ count: Int) throws(StorageError) {
    let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
    observe(bytes)
    try output.write(bytes)
  }
}
