import Testing
import WorkflowSpec

@Suite("References in tags")
struct ReferenceDiagnosticTests {
  @Test("A tag names a declared parameter")
  func inputs() {
    expect(
      spec: """
        entrypoint: main
        arguments: {parameters: [{name: date, value: "2013-07-04"}]}
        templates:
          - name: main
            inputs: {parameters: [{name: shard, default: "0"}]}
            container:
              image: busybox
              command: [echo]
              args:
                - "{{inputs.parameters.shrad}}"
                - "{{workflow.parameters.date}} {{workflow.parameters.dat}}"
                - "{{workflow.nam}} {{input.parameters.shard}} {{custom.tag}}"
                - |
                  first line
                  {{inputs.parameters.shard}} {{ workflow.parameters.day }}
        """,
      gives: """
        w.yaml:14:14: error: 'shrad' is not an input parameter of this template
                  - "{{inputs.parameters.shrad}}"
                     ^
        hint: did you mean 'shard'?
        w.yaml:15:43: error: the workflow has no parameter 'dat'
                  - "{{workflow.parameters.date}} {{workflow.parameters.dat}}"
                                                  ^
        hint: did you mean 'date'?
        w.yaml:16:14: error: 'workflow.nam' is not known
                  - "{{workflow.nam}} {{input.parameters.shard}} {{custom.tag}}"
                     ^
        hint: did you mean 'name'?
        w.yaml:16:31: warning: 'input.parameters.shard' is no variable and stays as it is
                  - "{{workflow.nam}} {{input.parameters.shard}} {{custom.tag}}"
                                      ^
        hint: did you mean 'inputs.parameters.shard'?
        w.yaml:19:41: error: the workflow has no parameter 'day'
                    {{inputs.parameters.shard}} {{ workflow.parameters.day }}
                                                ^
        hint: known: date
        """)
  }

  @Test("A tag names a step that has ended, and an output that it has")
  func siblings() {
    expect(
      spec: """
        entrypoint: main
        templates:
          - name: main
            steps:
              - - name: prepare
                  template: leaf
                - name: beside
                  template: echo
                  arguments: {parameters: [{name: text, value: "{{steps.prepare.outputs.result}}"}]}
              - - name: infer
                  template: echo
                  arguments:
                    parameters:
                      - name: text
                        value: "{{steps.prepar.outputs.result}} {{steps.prepare.outputs.parameters.cuont}}"
              - - name: merge
                  template: echo
                  when: "{{tasks.infer.status}} == Succeeded"
                  arguments: {parameters: [{name: text, value: "{{steps.infer.output.result}}"}]}
          - name: leaf
            outputs: {parameters: [{name: count, valueFrom: {path: /tmp/count}}]}
            container: {image: busybox, args: ["{{steps.prepare.id}}"]}

          - name: echo
            inputs: {parameters: [{name: text}]}
            container: {image: busybox, command: [echo, "{{inputs.parameters.text}}"]}
        """,
      gives: """
        w.yaml:13:59: error: step 'prepare' has not ended when this is needed
                    arguments: {parameters: [{name: text, value: "{{steps.prepare.outputs.result}}"}]}
                                                                  ^
        hint: put this step into a later group: begin it with '- - '
        w.yaml:19:27: error: 'prepar' is not a step of this template
                          value: "{{steps.prepar.outputs.result}} {{steps.prepare.outputs.parameters.cuont}}"
                                  ^
        hint: did you mean 'prepare'?
        w.yaml:19:59: error: template 'leaf' has no output parameter 'cuont'
                          value: "{{steps.prepar.outputs.result}} {{steps.prepare.outputs.parameters.cuont}}"
                                                                  ^
        hint: did you mean 'count'?
        w.yaml:22:20: error: this template has steps, not tasks
                    when: "{{tasks.infer.status}} == Succeeded"
                           ^
        hint: write 'steps.infer.status'
        w.yaml:23:59: error: a step has no 'output.result'
                    arguments: {parameters: [{name: text, value: "{{steps.infer.output.result}}"}]}
                                                                  ^
        hint: did you mean 'outputs'?
        w.yaml:26:43: error: 'steps.prepare' is only known inside the steps template
              container: {image: busybox, args: ["{{steps.prepare.id}}"]}
                                                  ^
        hint: pass it on: give this template an input parameter
        """)
  }

  @Test("A tag names a task that is waited for, through others too")
  func tasks() {
    expect(
      spec: """
        entrypoint: main
        templates:
          - name: main
            dag:
              tasks:
                - {name: a, template: leaf}
                - {name: b, template: leaf, dependencies: [a]}
                - name: c
                  template: echo
                  dependencies: [b]
                  arguments: {parameters: [{name: text, value: "{{tasks.a.outputs.result}} {{tasks.d.outputs.result}}"}]}
                - {name: d, template: leaf}
          - name: leaf
            container: {image: busybox}

          - name: echo
            inputs: {parameters: [{name: text}]}
            container: {image: busybox, command: [echo, "{{inputs.parameters.text}}"]}
        """,
      gives: """
        w.yaml:15:86: error: this task does not wait for 'd'
                    arguments: {parameters: [{name: text, value: "{{tasks.a.outputs.result}} {{tasks.d.outputs.result}}"}]}
                                                                                             ^
        hint: add 'd' to its dependencies
        """)
  }

  @Test("An item is known only in a loop")
  func items() {
    expect(
      spec: """
        entrypoint: main
        templates:
          - name: main
            steps:
              - - name: a
                  template: echo
                  arguments: {parameters: [{name: text, value: "{{item}}"}]}
                - name: b
                  template: echo
                  arguments: {parameters: [{name: text, value: "{{item.name}} {{item.nme}}"}]}
                  withItems: [{name: x}, {name: y}]
                - name: c
                  template: echo
                  arguments: {parameters: [{name: text, value: "{{item}} {{item.name}}"}]}
                  withSequence: {count: 3}
                - name: d
                  template: echo
                  arguments: {parameters: [{name: text, value: "{{item.anything}}"}]}
                  withParam: "{{item}}"

          - name: echo
            inputs: {parameters: [{name: text}]}
            container: {image: busybox, command: [echo, "{{inputs.parameters.text}}"]}
        """,
      gives: """
        w.yaml:11:59: error: 'item' is only known to a step or task with a loop
                    arguments: {parameters: [{name: text, value: "{{item}}"}]}
                                                                  ^
        hint: pass it on: give the template an input parameter with the value '{{item}}'
        w.yaml:14:73: error: no item of this loop has 'nme'
                    arguments: {parameters: [{name: text, value: "{{item.name}} {{item.nme}}"}]}
                                                                                ^
        hint: did you mean 'name'?
        w.yaml:18:68: error: the items of this loop have no 'name': they are not objects
                    arguments: {parameters: [{name: text, value: "{{item}} {{item.name}}"}]}
                                                                           ^
        w.yaml:23:25: error: 'item' is only known to a step or task with a loop
                    withParam: "{{item}}"
                                ^
        hint: pass it on: give the template an input parameter with the value '{{item}}'
        """)
  }
}
