"""The table's rows of network: VPC, subnets, routes, security groups, endpoints."""

from __future__ import annotations

from collections.abc import Mapping

from .calls import Calls

_TAGS = "ec2: CreateTags DeleteTags"
# What Lambda or an endpoint left in a subnet or a group is removed first (deleteLingeringENIs).
_INTERFACES = "DescribeNetworkInterfaces DetachNetworkInterface DeleteNetworkInterface"


def _rule(direction: str) -> Calls:
    return Calls(
        source=f"ec2/vpc_security_group_{direction.lower()}_rule.go",
        create=f"ec2: AuthorizeSecurityGroup{direction} CreateTags",
        read="ec2: DescribeSecurityGroupRules",
        update=f"ec2: ModifySecurityGroupRules {_TAGS}",
        delete=f"ec2: RevokeSecurityGroup{direction}",
    )


ROWS: Mapping[str, Calls] = {
    "aws:ec2/vpc:Vpc": Calls(
        source="ec2/vpc_.go",
        create="ec2: CreateVpc ModifyVpcAttribute CreateTags",
        read="ec2: DescribeVpcs DescribeVpcAttribute DescribeNetworkAcls DescribeRouteTables "
        "DescribeSecurityGroups",
        update=f"ec2: ModifyVpcAttribute {_TAGS}",
        delete="ec2: DeleteVpc DescribeVpcs",
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": Calls(
        source="ec2/vpc_default_security_group.go",
        create="ec2: DescribeSecurityGroups RevokeSecurityGroupIngress RevokeSecurityGroupEgress "
        "CreateTags",
        read="ec2: DescribeSecurityGroups",
        update=f"ec2: RevokeSecurityGroupIngress RevokeSecurityGroupEgress {_TAGS}",
    ),
    "aws:ec2/subnet:Subnet": Calls(
        source="ec2/vpc_subnet.go",
        create="ec2: CreateSubnet ModifySubnetAttribute CreateTags",
        read="ec2: DescribeSubnets",
        update=f"ec2: ModifySubnetAttribute {_TAGS}",
        delete=f"ec2: DeleteSubnet DescribeSubnets {_INTERFACES}",
    ),
    "aws:ec2/routeTable:RouteTable": Calls(
        source="ec2/vpc_route_table.go",
        create="ec2: CreateRouteTable CreateTags",
        read="ec2: DescribeRouteTables",
        update=_TAGS,
        delete="ec2: DescribeRouteTables DisassociateRouteTable DeleteRouteTable",
    ),
    "aws:ec2/route:Route": Calls(
        source="ec2/vpc_route.go",
        create="ec2: CreateRoute",
        read="ec2: DescribeRouteTables",
        update="ec2: ReplaceRoute",
        delete="ec2: DeleteRoute DescribeRouteTables",
    ),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Calls(
        source="ec2/vpc_route_table_association.go",
        create="ec2: AssociateRouteTable",
        read="ec2: DescribeRouteTables",
        update="ec2: ReplaceRouteTableAssociation",
        delete="ec2: DisassociateRouteTable DescribeRouteTables",
    ),
    "aws:ec2/internetGateway:InternetGateway": Calls(
        source="ec2/vpc_internet_gateway.go",
        create="ec2: CreateInternetGateway AttachInternetGateway CreateTags",
        read="ec2: DescribeInternetGateways",
        update=f"ec2: AttachInternetGateway DetachInternetGateway {_TAGS}",
        delete="ec2: DetachInternetGateway DeleteInternetGateway DescribeInternetGateways",
    ),
    "aws:ec2/eip:Eip": Calls(
        source="ec2/ec2_eip.go",
        create="ec2: AllocateAddress CreateTags",
        read="ec2: DescribeAddresses DescribeAddressesAttribute",
        update=_TAGS,
        delete="ec2: DescribeAddresses DisassociateAddress ReleaseAddress",
    ),
    "aws:ec2/natGateway:NatGateway": Calls(
        source="ec2/vpc_nat_gateway.go",
        create="ec2: CreateNatGateway CreateTags",
        read="ec2: DescribeNatGateways",
        update=_TAGS,
        delete="ec2: DeleteNatGateway DescribeNatGateways",
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": Calls(
        source="ec2/vpc_endpoint.go",
        create="ec2: CreateVpcEndpoint CreateTags",
        read="ec2: DescribeVpcEndpoints DescribePrefixLists DescribeNetworkInterfaces",
        update=f"ec2: ModifyVpcEndpoint {_TAGS}",
        delete="ec2: DeleteVpcEndpoints DescribeVpcEndpoints",
    ),
    "aws:ec2/securityGroup:SecurityGroup": Calls(
        source="ec2/vpc_security_group.go",
        create="ec2: CreateSecurityGroup RevokeSecurityGroupEgress CreateTags",
        read="ec2: DescribeSecurityGroups",
        update=f"ec2: RevokeSecurityGroupIngress RevokeSecurityGroupEgress {_TAGS}",
        delete=f"ec2: DeleteSecurityGroup DescribeSecurityGroups {_INTERFACES}",
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _rule("Ingress"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _rule("Egress"),
}
