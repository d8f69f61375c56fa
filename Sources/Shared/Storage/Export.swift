import CArrow
import Glibc

/// Hands record batches and schemas to Arrow C++ through the C data interface.
///
/// What is exported is one object that holds all structures; the top one's release callback lets go of it. The columns'
/// own memory is kept alive by the same object, and never copied.
final class ExportedBatch {
  private let batch: RecordBatch
  private let children: UnsafeMutablePointer<ArrowArray>
  private let pointers: UnsafeMutablePointer<UnsafeMutablePointer<ArrowArray>?>
  private let buffers: UnsafeMutablePointer<UnsafeRawPointer?>

  static func export(_ batch: RecordBatch) -> ArrowArray {
    let exported = ExportedBatch(batch)
    return ArrowArray(
      length: Int64(batch.rows), null_count: 0, offset: 0, n_buffers: 1,
      n_children: Int64(batch.columns.count), buffers: exported.buffers,
      children: exported.pointers, dictionary: nil,
      release: { array in
        guard let array, let data = array.pointee.private_data else { return }
        array.pointee.release = nil
        Unmanaged<ExportedBatch>.fromOpaque(data).release()
      },
      private_data: Unmanaged.passRetained(exported).toOpaque())
  }

  private init(_ batch: RecordBatch) {
    self.batch = batch
    children = .allocate(capacity: batch.columns.count)
    pointers = .allocate(capacity: batch.columns.count)
    buffers = .allocate(capacity: 1)
    buffers.initialize(to: nil)
    for (index, column) in batch.columns.enumerated() {
      (children + index).initialize(to: Self.slice(of: column))
      (pointers + index).initialize(to: children + index)
    }
  }

  deinit {
    children.deallocate()
    pointers.deallocate()
    buffers.deallocate()
  }

  private static func slice(of column: Column) -> ArrowArray {
    var array = column.array.pointee
    array.offset = Int64(column.start)
    array.length = Int64(column.rows)
    // -1 makes the receiver count; a slice need not have the nulls of the whole.
    array.null_count = array.null_count == 0 ? 0 : -1
    array.private_data = nil
    // The parent holds the memory; the interface only asks that a child be marked as released.
    array.release = { $0?.pointee.release = nil }
    return array
  }
}

/// A schema for the shim, as a struct type.
final class ExportedSchema {
  private var strings: [UnsafeMutablePointer<CChar>?] = []
  private var nodes: [UnsafeMutablePointer<ArrowSchema>] = []
  private var lists: [UnsafeMutablePointer<UnsafeMutablePointer<ArrowSchema>?>] = []

  static func export(_ fields: [Field]) -> ArrowSchema {
    let exported = ExportedSchema()
    return ArrowSchema(
      format: exported.text("+s"), name: exported.text(""), metadata: nil, flags: 0,
      n_children: Int64(fields.count), children: exported.list(fields), dictionary: nil,
      release: { schema in
        guard let schema, let data = schema.pointee.private_data else { return }
        schema.pointee.release = nil
        Unmanaged<ExportedSchema>.fromOpaque(data).release()
      },
      private_data: Unmanaged.passRetained(exported).toOpaque())
  }

  private func text(_ text: String) -> UnsafePointer<CChar>? {
    strings.append(strdup(text))
    return UnsafePointer(strings[strings.count - 1])
  }

  private func list(_ fields: [Field]) -> UnsafeMutablePointer<UnsafeMutablePointer<ArrowSchema>?> {
    let pointers = UnsafeMutablePointer<UnsafeMutablePointer<ArrowSchema>?>.allocate(capacity: max(fields.count, 1))
    lists.append(pointers)
    for (index, field) in fields.enumerated() { (pointers + index).initialize(to: node(field)) }
    return pointers
  }

  private func node(_ field: Field) -> UnsafeMutablePointer<ArrowSchema> {
    let node = UnsafeMutablePointer<ArrowSchema>.allocate(capacity: 1)
    nodes.append(node)
    var values: ColumnType?
    if case .dictionary(_, let distinct) = field.type { values = distinct }
    let element = field.type.element
    node.initialize(
      to: ArrowSchema(
        format: text(field.type.format), name: text(field.name), metadata: nil,
        flags: field.nullable ? Int64(ARROW_FLAG_NULLABLE) : 0, n_children: element == nil ? 0 : 1,
        children: element.map { list([Field("element", $0)]) },
        dictionary: values.map { self.node(Field("", $0)) },
        release: { $0?.pointee.release = nil }, private_data: nil))
    return node
  }

  deinit {
    for string in strings { free(string) }
    for node in nodes { node.deallocate() }
    for list in lists { list.deallocate() }
  }
}
