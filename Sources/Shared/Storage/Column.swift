import CArrow

/// Values of one column: a view of Arrow memory, which it keeps alive. Copies and slices share the memory.
public struct Column: @unchecked Sendable {
  // Sendable: the memory behind a column does not change once the column exists.

  public var field: Field
  public let rows: Int
  let array: UnsafePointer<ArrowArray>
  /// The first row, from the start of the buffers.
  let start: Int
  let owner: AnyObject

  init(field: Field, array: UnsafePointer<ArrowArray>, owner: AnyObject) {
    self.init(
      field: field, rows: Int(array.pointee.length), array: array, start: Int(array.pointee.offset),
      owner: owner)
  }

  private init(
    field: Field, rows: Int, array: UnsafePointer<ArrowArray>, start: Int, owner: AnyObject
  ) {
    self.field = field
    self.rows = rows
    self.array = array
    self.start = start
    self.owner = owner
  }

  public var name: String { field.name }
  public var type: ColumnType { field.type }

  /// The rows in `range`, without copying.
  public subscript(range: Range<Int>) -> Column {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows out of range")
    return Column(
      field: field, rows: range.count, array: array, start: start + range.lowerBound, owner: owner)
  }

  /// Bytes of the values, without nulls' bits and without a dictionary's distinct values.
  public var byteCount: Int {
    if let width = type.width { return rows * width }
    switch type {
    case .boolean: return (rows + 7) / 8
    case .string, .binary: return textBytes(offsets: Int32.self)
    case .largeString, .largeBinary: return textBytes(offsets: Int64.self)
    case .list, .largeList, .fixedSizeList: return listBytes
    default: return 0
    }
  }

  private func textBytes<Offset: FixedWidthInteger>(offsets: Offset.Type) -> Int {
    guard rows > 0, let offsets = buffer(1)?.assumingMemoryBound(to: Offset.self) else { return 0 }
    let texts = Int(offsets[start + rows] - offsets[start])
    return texts + (rows + 1) * MemoryLayout<Offset>.stride
  }

  // MARK: Nulls

  private var validity: UnsafePointer<UInt8>? {
    guard array.pointee.null_count != 0 else { return nil }
    return buffer(0)?.assumingMemoryBound(to: UInt8.self)
  }

  public func isNull(_ row: Int) -> Bool {
    guard let validity else { return false }
    return !bit(validity, start + row)
  }

  public var nullCount: Int {
    guard let validity else { return 0 }
    return (start..<start + rows).count { !bit(validity, $0) }
  }

  /// The positions of nulls, in order.
  public var nullRows: [Int] {
    guard let validity else { return [] }
    return (0..<rows).filter { !bit(validity, start + $0) }
  }

  // MARK: Fixed-width values

  /// The values as they lie in memory. What stands in the place of a null is undefined.
  ///
  /// `Value` must be as wide as the column's type; `nil` is passed otherwise.
  public func withValues<Value: BitwiseCopyable, Result, Failure: Error>(
    as: Value.Type, _ body: (UnsafeBufferPointer<Value>?) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard type.width == MemoryLayout<Value>.stride else { return try body(nil) }
    guard let values = buffer(1), rows > 0 else {
      return try body(UnsafeBufferPointer(start: nil, count: 0))
    }
    let first = values.assumingMemoryBound(to: Value.self) + start
    return try body(UnsafeBufferPointer(start: first, count: rows))
  }

  /// Writes the values of a numeric column as Float64, one a row. Nulls give undefined values.
  ///
  /// Returns false when the column is not numeric.
  public func copyNumbers(to target: UnsafeMutableBufferPointer<Double>) -> Bool {
    switch type {
    case .boolean: copyBooleans(to: target)
    case .int8: copy(Int8.self, to: target)
    case .int16: copy(Int16.self, to: target)
    case .int32, .date32: copy(Int32.self, to: target)
    case .int64, .timestamp: copy(Int64.self, to: target)
    case .uint8: copy(UInt8.self, to: target)
    case .uint16: copy(UInt16.self, to: target)
    case .uint32: copy(UInt32.self, to: target)
    case .uint64: copy(UInt64.self, to: target)
    case .float16: copyHalves(to: target)
    case .float32: copySingles(to: target)
    case .float64: copyDoubles(to: target)
    default: return false
    }
    return true
  }

  private func copy<Value: FixedWidthInteger & BitwiseCopyable>(
    _: Value.Type, to target: UnsafeMutableBufferPointer<Double>
  ) {
    withValues(as: Value.self) { values in
      guard let values else { return }
      for row in 0..<values.count { target[row] = Double(values[row]) }
    }
  }

  private func copySingles(to target: UnsafeMutableBufferPointer<Double>) {
    withValues(as: Float.self) { values in
      guard let values else { return }
      for row in 0..<values.count { target[row] = Double(values[row]) }
    }
  }

  private func copyDoubles(to target: UnsafeMutableBufferPointer<Double>) {
    withValues(as: Double.self) { values in
      guard let values else { return }
      for row in 0..<values.count { target[row] = values[row] }
    }
  }

  private func copyHalves(to target: UnsafeMutableBufferPointer<Double>) {
    withValues(as: UInt16.self) { values in
      guard let values else { return }
      for row in 0..<values.count { target[row] = double(fromHalf: values[row]) }
    }
  }

  private func copyBooleans(to target: UnsafeMutableBufferPointer<Double>) {
    guard let bits = buffer(1)?.assumingMemoryBound(to: UInt8.self) else { return }
    for row in 0..<rows { target[row] = bit(bits, start + row) ? 1 : 0 }
  }

  // MARK: Texts

  /// The bytes of the text at `row`; empty for a null, nil when the column holds no texts.
  public func withText<Result>(
    _ row: Int, _ body: (UnsafeRawBufferPointer?) -> Result
  ) -> Result {
    switch type {
    case .string, .binary: withSlice(row, offsets: Int32.self, body)
    case .largeString, .largeBinary: withSlice(row, offsets: Int64.self, body)
    case .dictionary:
      if let index = dictionaryIndex(row), let values = dictionary {
        values.withText(index, body)
      } else {
        body(UnsafeRawBufferPointer(start: nil, count: 0))
      }
    default: body(nil)
    }
  }

  /// The text at `row`, or nil for a null and for columns of other types.
  public func text(_ row: Int) -> String? {
    guard type.isText, !isNull(row) else { return nil }
    return withText(row) { $0.map { String(decoding: $0, as: UTF8.self) } }
  }

  private func withSlice<Offset: FixedWidthInteger, Result>(
    _ row: Int, offsets: Offset.Type, _ body: (UnsafeRawBufferPointer?) -> Result
  ) -> Result {
    guard !isNull(row), let offsets = buffer(1)?.assumingMemoryBound(to: Offset.self) else {
      return body(UnsafeRawBufferPointer(start: nil, count: 0))
    }
    let from = Int(offsets[start + row])
    let to = Int(offsets[start + row + 1])
    let bytes = UnsafeRawBufferPointer(start: buffer(2).map { $0 + from }, count: to - from)
    return body(bytes)
  }

  /// The distinct values of a dictionary column.
  public var dictionary: Column? {
    guard case .dictionary(_, let values) = type, let inner = array.pointee.dictionary else {
      return nil
    }
    return Column(field: Field(name, values), array: inner, owner: owner)
  }

  /// What `values` holds for the dictionary's entry at each row; `null` for nulls. Nil when the column is
  /// no dictionary.
  public func mapDictionary<Value>(_ values: [Value], null: Value) -> [Value]? {
    guard case .dictionary(.int32, _) = type else {
      guard dictionary != nil else { return nil }
      return (0..<rows).map { row in dictionaryIndex(row).map { values[$0] } ?? null }
    }
    // Nulls have any index, or one outside when all are null.
    let nulls = nullRows
    guard nulls.count < rows else { return [Value](repeating: null, count: rows) }
    var mapped = withValues(as: Int32.self) { indices in
      indices.map { $0.map { values.indices.contains(Int($0)) ? values[Int($0)] : null } } ?? []
    }
    for row in nulls { mapped[row] = null }
    return mapped
  }

  /// The position in `dictionary` of the value at `row`, or nil for a null.
  public func dictionaryIndex(_ row: Int) -> Int? {
    guard case .dictionary(let index, _) = type, !isNull(row) else { return nil }
    return switch index {
    case .int8: integer(row, Int8.self)
    case .int16: integer(row, Int16.self)
    case .int32: integer(row, Int32.self)
    case .int64: integer(row, Int64.self)
    default: nil
    }
  }

  /// The whole number at `row`, or nil for a null and for columns of other types.
  public func integer(_ row: Int) -> Int? {
    guard !isNull(row) else { return nil }
    return switch type {
    case .int8: integer(row, Int8.self)
    case .int16: integer(row, Int16.self)
    case .int32, .date32: integer(row, Int32.self)
    case .int64, .timestamp: integer(row, Int64.self)
    case .uint8: integer(row, UInt8.self)
    case .uint16: integer(row, UInt16.self)
    case .uint32: integer(row, UInt32.self)
    case .boolean: boolean(row)
    default: nil
    }
  }

  private func boolean(_ row: Int) -> Int? {
    buffer(1).map { bit($0.assumingMemoryBound(to: UInt8.self), start + row) ? 1 : 0 }
  }

  private func integer<Value: FixedWidthInteger>(_ row: Int, _: Value.Type) -> Int? {
    buffer(1).map { Int($0.assumingMemoryBound(to: Value.self)[start + row]) }
  }

  func buffer(_ index: Int) -> UnsafeRawPointer? {
    guard index < array.pointee.n_buffers else { return nil }
    return array.pointee.buffers[index]
  }

  private func bit(_ bits: UnsafePointer<UInt8>, _ position: Int) -> Bool {
    bits[position >> 3] >> UInt8(position & 7) & 1 == 1
  }
}

/// IEEE 754 binary16 to binary64: Swift has no `Float16` on x86-64.
private func double(fromHalf half: UInt16) -> Double {
  let sign: Double = half & 0x8000 == 0 ? 1 : -1
  let exponent = Int(half >> 10 & 0x1f)
  let fraction = Double(half & 0x3ff) / 1024
  switch exponent {
  case 0: return sign * fraction * 0x1p-14
  case 0x1f: return fraction == 0 ? sign * .infinity : .nan
  default: return sign * (1 + fraction) * Double(sign: .plus, exponent: exponent - 15, significand: 1)
  }
}
