/// A Parquet file's footer as it lies in the file, field by field.
///
/// Numbers are those of `parquet.thrift`: FileMetaData 2 schema, 3 rows, 4 row groups, 5 key-value metadata,
/// 6 created by; RowGroup 1 columns, 3 rows, 5 offset, 7 ordinal; ColumnChunk 1 file, 3 metadata, 4-7 indexes,
/// 8-9 encryption; ColumnMetaData 4 codec, 7 compressed size, 9 data, 10 index, 11 dictionary, 14-15 bloom filter.
struct ParquetFooter {
  let input: ByteInput
  let metadata: ThriftStruct
  let rowGroups: [ThriftStruct]

  init(path: String) throws(StorageError) { try self.init(ByteInput(path: path)) }

  init(_ input: ByteInput) throws(StorageError) {
    let path = input.path
    let tail = try input.read(max(0, input.bytes - 8)..<input.bytes)
    let length = tail.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    guard tail.count == 8, Array(tail.suffix(4)) == Array("PAR1".utf8), length <= input.bytes - 12 else {
      throw StorageError(.data, path: path, "not a Parquet file")
    }
    let bytes = try input.read(input.bytes - 8 - length..<input.bytes - 8)
    var reader = ThriftReader(bytes)
    do throws(ThriftError) {
      metadata = try reader.structure()
    } catch {
      throw StorageError(.data, path: path, "the footer is damaged at byte \(error.offset)")
    }
    self.input = input
    rowGroups = metadata[4]?.elements?.compactMap(\.structure) ?? []
  }

  /// What has to be the same in files whose row groups go into one: schema, key-value metadata, writer.
  var shape: [ThriftValue?] { [metadata[1], metadata[2], metadata[5], metadata[6], metadata[7]] }
}

/// A row group on its way into another file.
struct ParquetRowGroup {
  let input: ByteInput
  let fields: ThriftStruct
  let chunks: [ParquetColumnChunk]

  var rows: Int { fields[3]?.integer ?? 0 }

  /// nil when there is none of that number, or it cannot be moved as it is.
  init?(_ footer: ParquetFooter, _ index: Int) {
    guard footer.rowGroups.indices.contains(index) else { return nil }
    fields = footer.rowGroups[index]
    guard let columns = fields[1]?.elements else { return nil }
    chunks = columns.compactMap(ParquetColumnChunk.init)
    guard chunks.count == columns.count, !chunks.isEmpty else { return nil }
    input = footer.input
  }
}

/// A column of a row group, with what is needed to move it.
struct ParquetColumnChunk {
  private static let zstd = 6
  let fields: ThriftStruct
  let metadata: ThriftStruct
  /// Where its pages lie.
  let pages: Range<Int>
  let columnIndex: Range<Int>
  let offsetIndex: Range<Int>

  /// nil when the chunk cannot be moved as it is: another codec than zstd, no page index, encryption, another file.
  init?(_ value: ThriftValue) {
    guard let fields = value.structure, let metadata = fields[3]?.structure,
      fields[1] == nil, fields[8] == nil, fields[9] == nil, metadata[4]?.integer == Self.zstd,
      let data = metadata[9]?.integer, let size = metadata[7]?.integer, size >= 0,
      let columnIndex = Self.range(fields[6], fields[7]), let offsetIndex = Self.range(fields[4], fields[5])
    else { return nil }
    let start = min(data, metadata[11]?.integer ?? data)
    self.fields = fields
    self.metadata = metadata
    self.columnIndex = columnIndex
    self.offsetIndex = offsetIndex
    pages = start..<start + size
  }

  private static func range(_ offset: ThriftValue?, _ length: ThriftValue?) -> Range<Int>? {
    guard let offset = offset?.integer, let length = length?.integer, offset > 0, length > 0 else { return nil }
    return offset..<offset + length
  }
}
