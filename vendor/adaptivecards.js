// What the page needs of adaptivecards. By its inner files: the front door brings a carousel, tables and
// an applet along, twice the bytes, and would draw elements that are newer than Webex's cards.
export { AdaptiveCard, OpenUrlAction, SerializationContext, SubmitAction, TextInput } from "adaptivecards/lib/card-elements";
export { HostConfig } from "adaptivecards/lib/host-config";
export { Versions } from "adaptivecards/lib/serialization";
export { GlobalSettings } from "adaptivecards/lib/shared";
export { Strings } from "adaptivecards/lib/strings";
export { formatText } from "adaptivecards/lib/text-formatters";
