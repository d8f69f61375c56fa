/// Writes a Parquet file of row groups that are encoded already, one after the other: their pages are copied as they
/// come, page index and footer follow at the end. The bytes depend on the row groups alone.
public final class ParquetJoiner {
  /// A row group whose pages are in the file.
  private struct Moved {
    let fields: ThriftStruct
    let chunks: [ParquetColumnChunk]
    /// By how much each column's pages moved.
    let deltas: [Int]
    let columnIndexes: [[UInt8]]
    let offsetIndexes: [[UInt8]]
  }

  private let target: Target
  private var template: ParquetFooter?
  private var groups: [Moved] = []

  /// - Parameter observe: sees every byte of the file, in order.
  public init(path: String, observe: @escaping (UnsafeRawBufferPointer) -> Void) throws(StorageError) {
    target = Target(output: try ByteOutput(path: path), observe: observe)
    try target.write(Array("PAR1".utf8))
  }

  /// Appends all row groups of a file that has the schema and the writer of those before it.
  public func append(_ file: ByteInput) throws(StorageError) {
    let footer = try ParquetFooter(file)
    guard template == nil || template?.shape == footer.shape else {
      throw StorageError(.fatal, path: file.path, "it was written unlike the files before it")
    }
    for index in footer.rowGroups.indices {
      guard let group = ParquetRowGroup(footer, index) else {
        throw StorageError(.fatal, path: file.path, "row group \(index) cannot be moved")
      }
      try append(group, of: footer)
    }
  }

  func append(_ group: ParquetRowGroup, of footer: ParquetFooter) throws(StorageError) {
    template = template ?? footer
    var deltas: [Int] = []
    var columnIndexes: [[UInt8]] = []
    var offsetIndexes: [[UInt8]] = []
    for chunk in group.chunks {
      let delta = target.output.count - chunk.pages.lowerBound
      try target.copy(chunk.pages, from: group.input)
      deltas.append(delta)
      columnIndexes.append(try group.input.read(chunk.columnIndex))
      offsetIndexes.append(try Self.offsetIndex(of: chunk, in: group.input, movedBy: delta))
    }
    groups.append(
      Moved(
        fields: group.fields, chunks: group.chunks, deltas: deltas, columnIndexes: columnIndexes,
        offsetIndexes: offsetIndexes))
  }

  /// Writes page index and footer and closes the file. It is not synced to disk.
  public func finish() throws(StorageError) {
    guard let template else { throw StorageError(.fatal, path: target.output.path, "there is nothing to join") }
    var columnIndexes: [[Int]] = []
    for group in groups { columnIndexes.append(try offsets(writing: group.columnIndexes)) }
    var offsetIndexes: [[Int]] = []
    for group in groups { offsetIndexes.append(try offsets(writing: group.offsetIndexes)) }
    let described = groups.indices.map { index in
      Self.describe(groups[index], index, columnIndexes[index], offsetIndexes[index])
    }
    try target.write(footer(template, described))
    try target.output.finish()
  }

  /// - Returns: where each piece begins.
  private func offsets(writing pieces: [[UInt8]]) throws(StorageError) -> [Int] {
    var offsets: [Int] = []
    for piece in pieces {
      offsets.append(target.output.count)
      try target.write(piece)
    }
    return offsets
  }

  /// Offset indexes name pages by their place in the file (OffsetIndex 1 page locations; PageLocation 1 offset).
  private static func offsetIndex(
    of chunk: ParquetColumnChunk, in input: ByteInput, movedBy delta: Int
  ) throws(StorageError) -> [UInt8] {
    var reader = ThriftReader(try input.read(chunk.offsetIndex))
    var index: ThriftStruct
    do throws(ThriftError) {
      index = try reader.structure()
    } catch {
      throw StorageError(.data, path: input.path, "a page index is damaged at byte \(error.offset)")
    }
    if case .list(let kind, let isSet, let pages)? = index[1] {
      index.set(1, .list(kind: kind, isSet: isSet, pages.map { shifted($0, delta) }))
    }
    var writer = ThriftWriter()
    writer.write(index)
    return writer.bytes
  }

  private static func shifted(_ page: ThriftValue, _ delta: Int) -> ThriftValue {
    guard case .structure(var location) = page else { return page }
    location.shift(1, by: delta)
    return .structure(location)
  }

  private static func describe(
    _ group: Moved, _ ordinal: Int, _ columnIndexes: [Int], _ offsetIndexes: [Int]
  ) -> ThriftValue {
    let columns = group.chunks.indices.map { index in
      describe(
        group.chunks[index], group.deltas[index], columnIndexes[index],
        offsetIndexes[index]..<offsetIndexes[index] + group.offsetIndexes[index].count)
    }
    var fields = group.fields
    fields.set(1, .list(kind: 12, isSet: false, columns))
    let start = group.chunks[0].pages.lowerBound + group.deltas[0]
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

  private func footer(_ template: ParquetFooter, _ described: [ThriftValue]) -> [UInt8] {
    var metadata = template.metadata
    let rows = groups.reduce(0) { $0 + ($1.fields[3]?.integer ?? 0) }
    metadata.set(3, .integer(kind: 6, Int64(rows)))
    metadata.set(4, .list(kind: 12, isSet: false, described))
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
