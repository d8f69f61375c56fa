import CArrow

/// Memory of a column that Swift made: the buffers, and the structure that points to them.
final class ColumnMemory: @unchecked Sendable {
  // Sendable: only written to before the first column over it exists.

  private let buffers: [UnsafeMutableRawBufferPointer?]
  private let pointers: UnsafeMutablePointer<UnsafeRawPointer?>
  private let child: Column?
  private let children: UnsafeMutablePointer<UnsafeMutablePointer<ArrowArray>?>
  let array: UnsafeMutablePointer<ArrowArray>

  /// Makes zeroed buffers of the given sizes; nil stands for a buffer that is absent. `child` holds a list's values.
  init(rows: Int, nulls: Int, bufferBytes: [Int?], child: Column? = nil) {
    self.child = child
    children = .allocate(capacity: 1)
    children.initialize(to: child.map { UnsafeMutablePointer(mutating: $0.array) })
    buffers = bufferBytes.map { bytes in
      bytes.map {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max($0, 8), alignment: 64)
        buffer.initializeMemory(as: UInt8.self, repeating: 0)
        return buffer
      }
    }
    pointers = .allocate(capacity: buffers.count)
    for (index, buffer) in buffers.enumerated() {
      (pointers + index).initialize(to: UnsafeRawPointer(buffer?.baseAddress))
    }
    array = .allocate(capacity: 1)
    array.initialize(
      to: ArrowArray(
        length: Int64(rows), null_count: Int64(nulls), offset: 0, n_buffers: Int64(buffers.count),
        n_children: child == nil ? 0 : 1, buffers: pointers, children: child == nil ? nil : children,
        dictionary: nil,
        // Arrow takes an array without this for one that is gone; the owner frees the memory.
        release: { _ in }, private_data: nil))
  }

  deinit {
    array.deallocate()
    pointers.deallocate()
    children.deallocate()
    for buffer in buffers { buffer?.deallocate() }
  }

  func bytes(_ index: Int) -> UnsafeMutableRawBufferPointer {
    buffers[index] ?? UnsafeMutableRawBufferPointer(start: nil, count: 0)
  }

  func setBit(_ index: Int, _ position: Int) {
    bytes(index)[position >> 3] |= 1 << UInt8(position & 7)
  }
}

/// A Swift type whose arrays can become a column.
public protocol ColumnValue: BitwiseCopyable {
  static var columnType: ColumnType { get }
}

extension Int16: ColumnValue { public static var columnType: ColumnType { .int16 } }
extension Int32: ColumnValue { public static var columnType: ColumnType { .int32 } }
extension Int64: ColumnValue { public static var columnType: ColumnType { .int64 } }
extension Float: ColumnValue { public static var columnType: ColumnType { .float32 } }
extension Double: ColumnValue { public static var columnType: ColumnType { .float64 } }

extension Column {
  /// A column without nulls whose values `fill` writes.
  public init<Value: ColumnValue, Failure: Error>(
    _ name: String, rows: Int,
    fill: (UnsafeMutableBufferPointer<Value>) throws(Failure) -> Void
  ) throws(Failure) {
    let memory = ColumnMemory(
      rows: rows, nulls: 0, bufferBytes: [nil, rows * MemoryLayout<Value>.stride])
    let values = memory.bytes(1).bindMemory(to: Value.self)
    try fill(UnsafeMutableBufferPointer(rebasing: values[..<rows]))
    self.init(
      field: Field(name, Value.columnType, nullable: false), array: memory.array, owner: memory)
  }

  /// A column without nulls.
  public init<Value: ColumnValue>(_ name: String, _ values: [Value]) {
    self.init(name, rows: values.count) { target in
      for (row, value) in values.enumerated() { target[row] = value }
    }
  }

  /// A column of numbers, nil for null.
  public init<Value: ColumnValue>(_ name: String, optional values: [Value?]) {
    let memory = ColumnMemory(
      rows: values.count, nulls: values.count { $0 == nil },
      bufferBytes: [(values.count + 7) / 8, values.count * MemoryLayout<Value>.stride])
    let target = memory.bytes(1).bindMemory(to: Value.self)
    for (row, value) in values.enumerated() {
      guard let value else { continue }
      target[row] = value
      memory.setBit(0, row)
    }
    self.init(field: Field(name, Value.columnType), array: memory.array, owner: memory)
  }

  /// A column of texts, nil for null.
  public init(_ name: String, texts: [String?]) {
    let bytes = texts.reduce(0) { $0 + ($1?.utf8.count ?? 0) }
    let memory = ColumnMemory(
      rows: texts.count, nulls: texts.count { $0 == nil },
      bufferBytes: [(texts.count + 7) / 8, (texts.count + 1) * 4, bytes])
    let offsets = memory.bytes(1).bindMemory(to: Int32.self)
    var end = 0
    for (row, text) in texts.enumerated() {
      if let text {
        memory.setBit(0, row)
        for byte in text.utf8 {
          memory.bytes(2)[end] = byte
          end += 1
        }
      }
      offsets[row + 1] = Int32(end)
    }
    self.init(field: Field(name, .string), array: memory.array, owner: memory)
  }

  /// The given rows, in the given order, as a copy. Nil for types that cannot be copied row by row.
  public func taking(_ positions: [Int]) -> Column? {
    switch type {
    case .string, .largeString:
      var copy = Column(name, texts: positions.map { text($0) })
      copy.field.nullable = field.nullable
      return copy
    case .dictionary, .boolean, .list, .largeList, .fixedSizeList, .other: return nil
    default: return type.width.map { takingFixedWidth(positions, width: $0) }
    }
  }

  private func takingFixedWidth(_ positions: [Int], width: Int) -> Column {
    let nulls = positions.count { isNull($0) }
    let memory = ColumnMemory(
      rows: positions.count, nulls: nulls,
      bufferBytes: [(positions.count + 7) / 8, positions.count * width])
    let target = memory.bytes(1)
    for (row, position) in positions.enumerated() {
      if !isNull(position) { memory.setBit(0, row) }
      guard let source = buffer(1) else { continue }
      let bytes = UnsafeRawBufferPointer(start: source + (start + position) * width, count: width)
      UnsafeMutableRawBufferPointer(rebasing: target[row * width..<(row + 1) * width])
        .copyMemory(from: bytes)
    }
    return Column(field: field, array: memory.array, owner: memory)
  }
}
