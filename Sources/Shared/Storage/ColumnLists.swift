import CArrow

/// Columns of lists: a range of values for each row.
extension Column {
  /// The values of all lists, one after another; nil for columns of other types.
  public var elements: Column? {
    guard let element = type.element, array.pointee.n_children == 1, let child = array.pointee.children[0]
    else { return nil }
    return Column(field: Field(name, element), array: child, owner: owner)
  }

  /// Where the list at `row` lies in `elements`; empty for a null and for columns of other types.
  public func elementRange(_ row: Int) -> Range<Int> {
    guard !isNull(row) else { return 0..<0 }
    switch type {
    case .list: return range(row, offsets: Int32.self)
    case .largeList: return range(row, offsets: Int64.self)
    case .fixedSizeList(_, let size): return (start + row) * size..<(start + row + 1) * size
    default: return 0..<0
    }
  }

  private func range<Offset: FixedWidthInteger>(_ row: Int, offsets: Offset.Type) -> Range<Int> {
    guard let offsets = buffer(1)?.assumingMemoryBound(to: Offset.self) else { return 0..<0 }
    return Int(offsets[start + row])..<Int(offsets[start + row + 1])
  }

  /// The number of values of each list; 0 for nulls.
  public var listLengths: [Int] { (0..<rows).map { elementRange($0).count } }

  /// Bytes of the lists' values and offsets.
  var listBytes: Int {
    guard rows > 0, let width = type.element?.width else { return 0 }
    let first = (0..<rows).first { !isNull($0) }.map { elementRange($0).lowerBound } ?? 0
    let last = (0..<rows).last { !isNull($0) }.map { elementRange($0).upperBound } ?? 0
    return (last - first) * width + (rows + 1) * 8
  }

  /// A column of lists that all have `length` values, without nulls. `fill` writes `rows` * `length` values.
  public init<Value: ColumnValue, Failure: Error>(
    _ name: String, rows: Int, length: Int,
    fill: (UnsafeMutableBufferPointer<Value>) throws(Failure) -> Void
  ) throws(Failure) {
    var values = try Column("element", rows: rows * length, fill: fill)
    values.field.nullable = false
    let memory = ColumnMemory(rows: rows, nulls: 0, bufferBytes: [nil, (rows + 1) * 4], child: values)
    let offsets = memory.bytes(1).bindMemory(to: Int32.self)
    for row in 0...rows { offsets[row] = Int32(row * length) }
    self.init(
      field: Field(name, .list(Value.columnType), nullable: false), array: memory.array, owner: memory)
  }

  /// A column of lists, nil for null.
  public init<Value: ColumnValue>(_ name: String, lists: [[Value]?]) {
    let values = Column("element", lists.flatMap { $0 ?? [] })
    let memory = ColumnMemory(
      rows: lists.count, nulls: lists.count { $0 == nil },
      bufferBytes: [(lists.count + 7) / 8, (lists.count + 1) * 4], child: values)
    let offsets = memory.bytes(1).bindMemory(to: Int32.self)
    for (row, list) in lists.enumerated() {
      if list != nil { memory.setBit(0, row) }
      offsets[row + 1] = offsets[row] + Int32(list?.count ?? 0)
    }
    self.init(field: Field(name, .list(Value.columnType)), array: memory.array, owner: memory)
  }
}
