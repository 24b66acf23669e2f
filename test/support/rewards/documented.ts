import type { RewardAction } from "../../../src/messages/message.ts";

/** The documented message of each action, character for character. */
export const documented: Readonly<Record<RewardAction, string>> = {
  register: `{
"Subject": "reward",
"SubjectType": "transaction",
"SubjectIdentifier": "register",
"Action": "process",
"ResourceType": "data",
"Resource": "nik",
"ResourceId": "321231990",
"Data": {
"id": 461,
"command": "register",
"transaction": [
{
"date": "2022-02-25 10:26:11"
}
]
}
}`,
  registerreferral: `{
"Subject": "reward",
"SubjectType": "transaction",
"SubjectIdentifier": "registerreferral",
"Action": "process",
"ResourceType": "data",
"Resource": "nik",
"ResourceId": "321231990",
"UserId": 660,
"MemberId": 571,
"TicketId": "12370001",
"Date": "2022-01-12 05:05:00",
"Data": {
"id-user-share": 462,
"id-user-receive": 463,
"command": "registerreferral",
"transaction": [
{
"date": "2022-03-28 10:26:11"
}
]
}
}`,
  transactionpromo: `{
"Subject": "reward",
"SubjectType": "transaction",
"SubjectIdentifier": "transactionpromo",
"Action": "process",
"ResourceType": "data",
"Resource": "nik",
"ResourceId": "321231990",
"Data": {
"id": 16659,
"command": "transactionpromo",
"transaction": [
{
"date": "2023-06-08 11:22:06",
"amount": 6843
}
]
}
}`,
  transactionreferral: `{
"Subject": "reward",
"SubjectType": "transaction",
"SubjectIdentifier": "transactionreferral",
"Action": "process",
"ResourceType": "data",
"Resource": "nik",
"ResourceId": "321231990",
"Data": {
"id_user_share": 462,
"command": "transactionreferral",
"transaction": [
{
"date": "2022-04-02 10:26:11",
"product_id": 10
},
{
"date": "2022-04-02 10:26:11",
"product_id": 12
}
]
}
}`,
  dailycheckin: `{
"Subject": "reward",
"SubjectType": "transaction",
"SubjectIdentifier": "dailycheckin",
"Action": "dailycheckin",
"ResourceType": "data",
"Resource": "nik",
"ResourceId": "321231990",
"Data": {
"date": "2024-06-11 12:00:00"
}
}`,
  luckydraw: `{
"Subject":"loyalty",
"SubjectType":"reward",
"SubjectIdentifier":"processor",
"Action":"luckydraw",
"ResourceType":"",
"Resource":"",
"ResourceId":"",
"Data":{
"id": 16659,
"command": "luckydraw",
"transaction": [
{
"date": "2024-02-08T11:22:06",
"amount": 1000
}
]
}
}`,
};

/** The awards of each message under the sample programme, while the members are unknown. */
export const earned: Readonly<Record<RewardAction, string[]>> = {
  register: ["1 MEMBER 500 POINTS PENDING"],
  registerreferral: ["1 RECEIVER 100 POINTS PENDING", "1 SHARER 200 POINTS PENDING"],
  transactionpromo: ["1 MEMBER 68 POINTS PENDING"],
  transactionreferral: ["1 SHARER 50 POINTS PENDING", "2 SHARER 75 POINTS PENDING"],
  dailycheckin: ["1 MEMBER 5 POINTS PENDING"],
  luckydraw: ["1 MEMBER 1 TICKETS CREDITED"],
};
