"""Roles of the functions, whose permissions can be taken away."""

import copy
import json
import time

from stack import aws


class Role:
    """A function's role, with its only policy."""

    def __init__(self, stack, function):
        self.name, self.policy = stack.role(function), function
        self.physical = stack.function(function)
        self.whole = aws("iam").get_role_policy(RoleName=self.name, PolicyName=function)["PolicyDocument"]

    def permissions(self):
        for index, statement in enumerate(self.whole["Statement"]):
            actions = statement["Action"]
            for action in [actions] if isinstance(actions, str) else actions:
                yield index, action

    def without(self, index, action):
        policy = copy.deepcopy(self.whole)
        statement = policy["Statement"][index]
        statement["Action"] = [one for one in statement["Action"] if one != action] \
            if isinstance(statement["Action"], list) else []
        if not statement["Action"]:
            del policy["Statement"][index]
        self.put(policy)

    def with_condition(self, index, condition):
        policy = copy.deepcopy(self.whole)
        policy["Statement"][index]["Condition"] = condition
        self.put(policy)

    def put(self, policy):
        document = json.dumps(policy)
        aws("iam").put_role_policy(RoleName=self.name, PolicyName=self.policy, PolicyDocument=document)

    def restore(self):
        self.put(self.whole)

    def forget(self):
        """Starts a new execution environment, with empty caches."""
        functions = aws("lambda")
        variables = functions.get_function_configuration(FunctionName=self.physical)["Environment"]["Variables"]
        variables["TESTED_AT"] = str(time.time())
        functions.update_function_configuration(FunctionName=self.physical, Environment={"Variables": variables})
